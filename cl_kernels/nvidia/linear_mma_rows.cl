// y = x . W + bias for up to TOKENS tokens on tensor cores (mma_rows.clh). With more than one split the sums
// go to scratch, [splits][tokens][rows], and linear_mma_join.cl adds them up.
#include "nvidia/mma_rows.clh"

kernel __attribute__((reqd_work_group_size(256, 1, 1))) void linear_mma_rows(
    global const float* restrict x, global const uchar* restrict weight, global const float* restrict bias,
    global float* restrict y, const MmaRowsArgs a) {
  local uchar memory[MMA_ROWS_LOCAL] __attribute__((aligned(16)));
  const int split = (int)get_group_id(0) % a.splits;
  const int first = (int)get_group_id(0) / a.splits;
  const int step = (int)get_num_groups(0) / a.splits;
  const int rows = a.weight.rows;
  mma_rows(weight, &a.weight, 0, x, a.weight.cols, a.tokens, first, step, split * a.chunks, a.chunks,
           a.has_bias ? bias : 0, y + (long)split * a.tokens * rows, rows, memory);
}

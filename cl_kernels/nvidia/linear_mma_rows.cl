// y = x . W + bias for up to TOKENS tokens on tensor cores (mma_rows.clh). With more than one split the sums
// go to scratch, [splits][tokens][rows], and linear_mma_join.cl adds them up.
#include "nvidia/mma_rows.clh"

INLINE Share linear_share(global const uchar* weight, const MmaRowsArgs* a, uint group, uint groups) {
  const int splits = a->splits;
  return share_of(weight, &a->weight, 0, (int)group / splits, (int)groups / splits,
                  (int)group % splits * a->chunks, a->chunks);
}

#ifdef CHAIN_THREADS
kernel __attribute__((reqd_work_group_size(256, 1, 1))) void linear_mma_rows_begin(
    global const float* restrict x, global const uchar* restrict weight, global const float* restrict bias,
    global float* restrict y, const MmaRowsArgs a) {
  local uchar memory[MMA_ROWS_LOCAL] __attribute__((aligned(16)));
  const Share share = linear_share(weight, &a, (uint)get_group_id(0), (uint)get_num_groups(0));
  mma_rows_begin(&share, memory);
}
#endif

kernel __attribute__((reqd_work_group_size(256, 1, 1))) void linear_mma_rows(
    global const float* restrict x, global const uchar* restrict weight, global const float* restrict bias,
    global float* restrict y, const MmaRowsArgs a) {
  local uchar memory[MMA_ROWS_LOCAL] __attribute__((aligned(16)));
  const Share share = linear_share(weight, &a, (uint)get_group_id(0), (uint)get_num_groups(0));
  const int rows = a.weight.rows;
  const int split = (int)get_group_id(0) % a.splits;
  mma_rows(&share, CHAIN_BEGUN, x, a.weight.cols, a.tokens, a.has_bias ? bias : 0,
           y + (long)split * a.tokens * rows, rows, memory);
}

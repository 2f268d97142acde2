// y[t, j, r] = x[t (, j), :] . W[ids[t, j]][r, :] for few tokens on tensor cores (mma_rows.clh); y [tokens,
// top_k * rows]. The same number of groups takes each (token, slot); an expert outside the weight gives NaN.
#include "nvidia/mma_rows.clh"

kernel __attribute__((reqd_work_group_size(256, 1, 1))) void expert_linear_mma_rows(
    global const float* restrict x, global const int* restrict ids, global const uchar* restrict weight,
    global float* restrict y, const MmaRowsArgs a) {
  local uchar memory[MMA_ROWS_LOCAL] __attribute__((aligned(16)));
  const int slots = a.tokens * a.top_k;
  const int slot = (int)get_group_id(0) % slots;
  const int first = (int)get_group_id(0) / slots;
  const int step = (int)get_num_groups(0) / slots;
  const int expert = ids[slot];
  const int rows = a.weight.rows;
  global float* to = y + (long)slot * rows;
  if (expert < 0 || expert >= a.experts) {
    for (int row = first * 256 + (int)get_local_id(0); row < rows; row += step * 256) to[row] = NAN;
    return;
  }
  const long from = a.per_slot ? slot : slot / a.top_k;
  const Share share = share_of(weight, &a.weight, expert, first, step, 0, a.chunks);
  mma_rows(&share, false, x + from * a.weight.cols, 0, 1, 0, to, 0, memory);
}

// y[t, j, r] = x[t (, j), :] . W[ids[t, j]][r, :] + bias[ids[t, j], r] for few tokens; y [tokens, top_k * rows].
// An item is a run of ITEM_ROWS rows of one (token, slot); an expert outside the weight gives NaN.
#ifndef WG_SIZE
#error WG_SIZE
#endif
#ifndef ITEM_ROWS
#error ITEM_ROWS
#endif
#include "cl_kernels/args/expert_linear_args.h"
#include "rows.clh"

static void expert_linear_rows_body(uint worker, uint workers, global const ACTIVATION* x,
                                    global const int* ids,
                                    global const uchar* weight, global const float* bias, global float* y,
                                    const ExpertLinearArgs* a, local float* scratch) {
  const int rows = a->weight.rows;
  const int runs = (rows + ITEM_ROWS - 1) / ITEM_ROWS;
  const long items = (long)a->tokens * a->top_k * runs;
  // On CPUs each worker takes one stretch of memory.
  const long begin = WG_SIZE == 1 ? items * worker / workers : (long)worker;
  const long last = WG_SIZE == 1 ? items * (worker + 1) / workers : items;
  for (long item = begin; item < last; item += WG_SIZE == 1 ? 1 : workers) {
    const long slot = item / runs;
    const int first = (int)(item % runs) * ITEM_ROWS;
    const int end = min(first + ITEM_ROWS, rows);
    const int expert = ids[slot];
    global float* to = y + slot * rows + first;
    if (expert < 0 || expert >= a->experts) {
      for (int row = first + (int)get_local_id(0); row < end; row += WG_SIZE) to[row - first] = NAN;
      continue;
    }
    if (item == begin || first == 0) fetch_rows(weight, &a->weight, expert, first);
    const int cols = a->weight.cols;
    const int token = (int)(slot / a->top_k);
    const XRow from = a->per_slot ? x_row(x, cols * a->top_k, token, (int)(slot % a->top_k) * cols)
                                  : x_row(x, cols, token, 0);
    row_dots(weight, &a->weight, expert, first, end, from, 0, 1,
             a->has_bias ? bias + (long)expert * rows + first : 0, to, 0, scratch);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void expert_linear_rows(
    global const ACTIVATION* restrict x, global const int* restrict ids, global const uchar* restrict weight,
    global const float* restrict bias, global float* restrict y, const ExpertLinearArgs a) {
  local float scratch[ROWS_SCRATCH];
  expert_linear_rows_body((uint)get_group_id(0), (uint)get_num_groups(0), x, ids, weight, bias, y, &a,
                          scratch);
}

// y[t, r] = x[t, :] . W[r, :] + bias[r] for few tokens; x [tokens, cols], y [tokens, rows]. An item is a run
// of ITEM_ROWS rows.
#ifndef WG_SIZE
#error WG_SIZE
#endif
#ifndef ITEM_ROWS
#error ITEM_ROWS
#endif
#include "cl_kernels/args/linear_args.h"
#include "rows.clh"

static void linear_rows_body(uint worker, uint workers, global const ACTIVATION* x,
                             global const uchar* weight, global const float* bias, global float* y,
                             const LinearArgs* a, local float* scratch) {
  const int rows = a->weight.rows;
  const int items = (rows + ITEM_ROWS - 1) / ITEM_ROWS;
  // On CPUs each worker takes one stretch of memory.
  const int begin = WG_SIZE == 1 ? (int)((long)items * worker / workers) : (int)worker;
  const int end = WG_SIZE == 1 ? (int)((long)items * (worker + 1) / workers) : items;
  if (begin < end) fetch_rows(weight, &a->weight, 0, begin * ITEM_ROWS);
  for (int item = begin; item < end; item += WG_SIZE == 1 ? 1 : (int)workers) {
    const int first = item * ITEM_ROWS;
    row_dots(weight, &a->weight, 0, first, min(first + ITEM_ROWS, rows), x_row(x, a->weight.cols, 0, 0),
             x_stride(a->weight.cols), a->tokens, a->has_bias ? bias + first : 0, y + first, rows, scratch);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void linear_rows(
    global const ACTIVATION* restrict x, global const uchar* restrict weight,
    global const float* restrict bias, global float* restrict y, const LinearArgs a) {
  local float scratch[ROWS_SCRATCH];
  linear_rows_body((uint)get_group_id(0), (uint)get_num_groups(0), x, weight, bias, y, &a, scratch);
}

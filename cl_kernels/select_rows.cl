// y[i] = x[rows[i]] for i < outputs: x f32[r, cols]; a row an item.
#include "args/select_rows_args.h"
#include "copy.clh"

static void select_rows_body(uint worker, uint workers, global const float* restrict x,
                             global const int* restrict rows, global float* restrict y,
                             const SelectRowsArgs* a) {
  const uint cols = (uint)a->cols;
  for (uint i = worker; i < (uint)a->outputs; i += workers)
    copy_row(y + (size_t)i * cols, x + (size_t)rows[i] * cols, cols);
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void select_rows(global const float* restrict x,
                                                                             global const int* restrict rows,
                                                                             global float* restrict y,
                                                                             const SelectRowsArgs a) {
  select_rows_body((uint)get_group_id(0), (uint)get_num_groups(0), x, rows, y, &a);
}

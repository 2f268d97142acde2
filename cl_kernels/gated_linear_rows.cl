// Both products of a Glu of two matrices: results f32 [2][tokens][rows], the gate's first. An item is a run of
// ITEM_ROWS rows of one of the two matrices.
#ifndef WG_SIZE
#error WG_SIZE
#endif
#ifndef ITEM_ROWS
#error ITEM_ROWS
#endif
#include "cl_kernels/args/gated_linear_args.h"
#include "rows.clh"

static void gated_linear_rows_body(uint worker, uint workers, global const ACTIVATION* x,
                                   global const uchar* gate, global const uchar* up, global float* results,
                                   const GatedLinearArgs* a, local float* scratch) {
  const int rows = a->weight.rows;
  const int items = (rows + ITEM_ROWS - 1) / ITEM_ROWS;
  for (int item = (int)worker; item < 2 * items; item += (int)workers) {
    const bool second = item >= items;
    const int first = (item - (second ? items : 0)) * ITEM_ROWS;
    row_dots(second ? up : gate, &a->weight, 0, first, min(first + ITEM_ROWS, rows),
             x_row(x, a->weight.cols, 0, 0), x_stride(a->weight.cols), a->tokens, 0,
             results + (second ? (long)a->tokens * rows : 0) + first, rows, scratch);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void gated_linear_rows(
    global const ACTIVATION* restrict x, global const uchar* restrict gate, global const uchar* restrict up,
    global float* restrict results, const GatedLinearArgs a) {
  local float scratch[ROWS_SCRATCH];
  gated_linear_rows_body((uint)get_group_id(0), (uint)get_num_groups(0), x, gate, up, results, &a, scratch);
}

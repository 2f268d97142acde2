// y[r] = [left[r] | right[r]]: f32[rows, left_cols] beside f32[rows, right_cols]; a row an item.
#include "args/concat_args.h"
#include "copy.clh"

static void concat_body(uint worker, uint workers, global const float* restrict left,
                        global const float* restrict right, global float* restrict y, const ConcatArgs* a) {
  const uint left_cols = (uint)a->left_cols;
  const uint right_cols = (uint)a->right_cols;
  for (uint row = worker; row < (uint)a->rows; row += workers) {
    global float* to = y + (size_t)row * (left_cols + right_cols);
    copy_row(to, left + (size_t)row * left_cols, left_cols);
    copy_row(to + left_cols, right + (size_t)row * right_cols, right_cols);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void concat(global const float* restrict left,
                                                                        global const float* restrict right,
                                                                        global float* restrict y,
                                                                        const ConcatArgs a) {
  concat_body((uint)get_group_id(0), (uint)get_num_groups(0), left, right, y, &a);
}

// y[t, h, o] = x[t, h, :in_dim] . W[h * row_stride + row_offset + o, :]; the tail_dim last columns of x's
// head are copied behind. An item is a run of ITEM_ROWS results of one head, for all tokens.
#ifndef WG_SIZE
#error WG_SIZE
#endif
#ifndef ITEM_ROWS
#error ITEM_ROWS
#endif
#include "cl_kernels/args/head_linear_args.h"
#include "head_tail.clh"
#include "rows.clh"

static void head_linear_body(uint worker, uint workers, global const float* x, global const uchar* weight,
                             global float* y, const HeadLinearArgs* a, local float* scratch) {
  const int runs = (a->out_dim + ITEM_ROWS - 1) / ITEM_ROWS;
  const long x_stride = (long)a->heads * (a->in_dim + a->tail_dim);
  const long y_stride = (long)a->heads * (a->out_dim + a->tail_dim);
  const int items = a->heads * runs;
  for (int item = (int)worker; item < items; item += (int)workers) {
    const int head = item / runs;
    const int first = (item % runs) * ITEM_ROWS;
    const int row0 = head * a->row_stride + a->row_offset;
    row_dots(weight, &a->weight, 0, row0 + first, row0 + min(first + ITEM_ROWS, a->out_dim),
             x + (long)head * (a->in_dim + a->tail_dim), x_stride, a->tokens, 0,
             y + (long)head * (a->out_dim + a->tail_dim) + first, y_stride, scratch);
  }
  copy_head_tails(worker, workers, x, y, a);
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void head_linear(
    global const float* restrict x, global const uchar* restrict weight, global float* restrict y,
    const HeadLinearArgs a) {
  local float scratch[ROWS_SCRATCH];
  head_linear_body((uint)get_group_id(0), (uint)get_num_groups(0), x, weight, y, &a, scratch);
}

// Rows of f32 [rows, cols] to records of codes and scales (include/activation_record.clh), with the bits that
// quant's encoder gives. FORMAT_<name> says which. An item is one block of a row, worked by one work-item.
#ifndef WG_SIZE
#error WG_SIZE
#endif
#include "cl_kernels/args/quantize_args.h"
#include "encode_activation_run.clh"

static void quantize_rows_body(uint worker, uint workers, global const float* x, global uchar* y,
                               const QuantizeArgs* a) {
  const int blocks = activation_blocks(a->cols);
  const long row_bytes = activation_row_bytes(a->cols);
  const long items = (long)a->rows * blocks;
#if WG_SIZE == 1
  // Blocks that follow each other: a division for each would take longer than the block.
  long item = items * worker / workers;
  const long end = items * (worker + 1) / workers;
  for (long row = item / blocks; item < end; ++row) {
    const int first = (int)(item - row * blocks);
    const int last = (int)min(end - row * blocks, (long)blocks);
    encode_run(x + row * a->cols + first * ACTIVATION_BLOCK, y + row * row_bytes, first, last, a->cols);
    item += last - first;
  }
#else
  const long stride = (long)workers * WG_SIZE;
  for (long item = (long)worker * WG_SIZE + (long)get_local_id(0); item < items; item += stride) {
    const long row = item / blocks;
    const int block = (int)(item % blocks);
    encode_block(x + row * a->cols + block * ACTIVATION_BLOCK, y + row * row_bytes, block, a->cols);
  }
#endif
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void quantize_rows(global const float* restrict x,
                                                                               global uchar* restrict y,
                                                                               const QuantizeArgs a) {
  quantize_rows_body((uint)get_group_id(0), (uint)get_num_groups(0), x, y, &a);
}

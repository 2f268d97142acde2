// Rows of f32 [rows, cols] to records of codes and scales (include/activation_record.clh), with the bits that
// quant's encoder gives. FORMAT_<name> says which. An item is one block of a row, worked by one work-item.
#ifndef WG_SIZE
#error WG_SIZE
#endif
#include "cl_kernels/args/quantize_args.h"
#include "encode_activation.clh"
#include "encode_activation_strip.clh"

// One block of a row of x to its record.
INLINE void quantize_block(global const float* x, global uchar* record, int block, int cols) {
  const int code_bytes = activation_code_bytes(cols);
  const int blocks = activation_blocks(cols);
  const int first = block * ACTIVATION_BLOCK;
  float16 values[PIECES];
  int16 codes[PIECES];
  for (int i = 0; i < PIECES; ++i) {
    const int col = first + 16 * i;
    values[i] = load_piece(x + min(col, cols), cols - col);
  }
  uint16 most = activation_magnitudes(values[0]);
  for (int i = 1; i < PIECES; ++i) most = max(most, activation_magnitudes(values[i]));
  ActivationCoder coder;
  const float scale = activation_coder(largest_of(most), &coder);
  for (int i = 0; i < PIECES; ++i) codes[i] = activation_codes(values[i], coder);
  for (int i = 0; i < PIECES && first + 16 * i < code_bytes; ++i)
    ((global uint4*)(record + first))[i] = as_uint4(convert_char16(codes[i]));
  global float* scales = (global float*)(record + code_bytes);
  scales[block] = first < cols ? scale : 0.0f;
#if defined(ACTIVATION_INT8)
  ((global int*)(scales + blocks))[block] = sum_of(codes[0] + codes[1]);
#endif
}

#if WG_SIZE == 1
// Blocks [first, last) of a row.
INLINE void quantize_blocks(global const float* x, global uchar* record, int first, int last, int cols) {
#if defined(FORMAT_INT8_G32)
  const int whole = min(last, cols / ACTIVATION_BLOCK);
  global float* scales = (global float*)(record + activation_code_bytes(cols));
  global float* sums = scales + activation_blocks(cols);
  while (first < whole) {
    const int at = first * ACTIVATION_BLOCK;
    const int count = min(STRIP_BLOCKS, whole - first);
    quantize_strip(x + at, count, record + at, scales + first, sums + first);
    first += count;
  }
#endif
  for (; first < last; ++first) quantize_block(x, record, first, cols);
}
#endif

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
    quantize_blocks(x + row * a->cols, y + row * row_bytes, first, last, a->cols);
    item += last - first;
  }
#else
  const long stride = (long)workers * WG_SIZE;
  for (long item = (long)worker * WG_SIZE + (long)get_local_id(0); item < items; item += stride) {
    const long row = item / blocks;
    quantize_block(x + row * a->cols, y + row * row_bytes, (int)(item % blocks), a->cols);
  }
#endif
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void quantize_rows(global const float* restrict x,
                                                                               global uchar* restrict y,
                                                                               const QuantizeArgs a) {
  quantize_rows_body((uint)get_group_id(0), (uint)get_num_groups(0), x, y, &a);
}

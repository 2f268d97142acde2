// Rows of f32 [rows, cols] to records of codes and scales (include/activation_record.clh), with the bits that
// quant's encoder gives. FORMAT_<name> says which. An item is one block of a row, worked by one work-item.
#ifndef WG_SIZE
#error WG_SIZE
#endif
#include "cl_kernels/args/quantize_args.h"
#include "activation_record.clh"
#include "encode_fp8.clh"
#include "encode_integers.clh"
#include "encode_mx.clh"
#include "encode_pieces.clh"

#define PIECES (ACTIVATION_BLOCK / 16)

#if defined(FORMAT_FP8_E4M3_1X128)
INLINE float encode_block(const float16* x, int16* codes) {
  uint16 most = (uint16)(FP8_LEAST_AMAX);
  for (int i = 0; i < PIECES; ++i) most = max(most, finite_magnitude16_of(x[i]));
  const float scale = fp8_e4m3_scale_of(largest_of(most));
  const Fp8Coder coder = fp8_coder_of(scale);
  for (int i = 0; i < PIECES; ++i) codes[i] = as_int16(fp8_e4m3_code16_of(x[i], coder));
  return scale;
}
#elif defined(FORMAT_INT8_G32)
INLINE float encode_block(const float16* x, int16* codes) {
  const float scale = int8_scale_of(largest_of(max(magnitude16_of(x[0]), magnitude16_of(x[1]))));
  const IntegerCoder coder = integer_coder_of(scale);
  for (int i = 0; i < PIECES; ++i) codes[i] = int8_code16_of(x[i], coder);
  return scale;
}
#elif defined(FORMAT_MXINT8)
// The scale is 2^(e - 133): an element counts 64ths.
INLINE float encode_block(const float16* x, int16* codes) {
  const uchar e = mx_scale_of(largest_of(max(magnitude16_of(x[0]), magnitude16_of(x[1]))), MX_FLOOR, MXINT8);
  const MxCoder coder = mx_coder_of(e);
  for (int i = 0; i < PIECES; ++i) codes[i] = as_int16(mxint8_code16_of(x[i], coder)) << 24 >> 24;
  if (e == 255) return NAN;
  return e >= 7 ? as_float((uint)(e - 6) << 23) : as_float((uint)(e + 1) << 23) * 0x1p-7f;
}
#else
#error FORMAT_<name> (one of the formats above)
#endif

#if defined(ACTIVATION_INT8)
INLINE int sum_of(int16 v) {
  const int8 a = v.lo + v.hi;
  const int4 b = a.lo + a.hi;
  return b.x + b.y + b.z + b.w;
}
#endif

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
  const float scale = encode_block(values, codes);
  for (int i = 0; i < PIECES && first + 16 * i < code_bytes; ++i)
    ((global uint4*)(record + first))[i] = as_uint4(convert_char16(codes[i]));
  global float* scales = (global float*)(record + code_bytes);
  scales[block] = first < cols ? scale : 0.0f;
#if defined(ACTIVATION_INT8)
  ((global int*)(scales + blocks))[block] = sum_of(codes[0] + codes[1]);
#endif
}

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
    for (int block = first; block < last; ++block)
      quantize_block(x + row * a->cols, y + row * row_bytes, block, a->cols);
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

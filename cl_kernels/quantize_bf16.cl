// Rows of f32 [rows, cols] to bf16, to nearest, ties to even, with zeros up to a multiple of 64 columns
// (include/activation_record.clh). An item is a row, or where lanes work together a run of its pieces.
#ifndef WG_SIZE
#error WG_SIZE
#endif
#include "activation_record.clh"
#include "arithmetic.clh"
#include "cl_kernels/args/quantize_args.h"

#if WG_SIZE == 1
#define PIECE 16
#define RUNS(pieces) 1
#define RUN_END(pieces) (pieces)
typedef uint16 piece_t;
INLINE piece_t load_bits(global const float* x, int count) {
  if (count >= PIECE) return as_uint16(vload16(0, x));
  float values[PIECE];
  for (int i = 0; i < PIECE; ++i) values[i] = i < count ? x[i] : 0.0f;
  return as_uint16(vload16(0, values));
}
INLINE void store_codes(piece_t codes, global ushort* to) {
  vstore16(convert_ushort16(codes), 0, to);
}
#else
#define PIECE 4
#define RUNS(pieces) (((pieces) + WG_SIZE - 1) / WG_SIZE)
#define RUN_END(pieces) min(run * WG_SIZE + WG_SIZE, pieces)
typedef uint4 piece_t;
INLINE piece_t load_bits(global const float* x, int count) {
  if (count >= 4 && ((ulong)x & 15u) == 0u) return *(global const uint4*)x;
  return as_uint4((float4)(count > 0 ? x[0] : 0.0f, count > 1 ? x[1] : 0.0f, count > 2 ? x[2] : 0.0f,
                           count > 3 ? x[3] : 0.0f));
}
INLINE void store_codes(piece_t codes, global ushort* to) {
  *(global uint2*)to = codes.even | codes.odd << 16;
}
#endif

// As quant/half.h.
INLINE piece_t bf16_codes(piece_t bits) {
  const piece_t rounded = (bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16;
  return select(rounded, bits >> 16 | 0x40u, (bits & 0x7FFFFFFFu) > 0x7F800000u);
}

static void quantize_bf16_body(uint worker, uint workers, global const float* x, global uchar* y,
                               const QuantizeArgs* a) {
  const int pieces = activation_code_bytes(a->cols) / (ACTIVATION_CODE_BYTES * PIECE);
  const long items = (long)a->rows * RUNS(pieces);
  for (long item = worker; item < items; item += workers) {
    const long row = item / RUNS(pieces);
    const int run = (int)(item % RUNS(pieces));
    global ushort* to = (global ushort*)(y + row * activation_row_bytes(a->cols));
    for (int piece = run * WG_SIZE + (int)get_local_id(0); piece < RUN_END(pieces); piece += WG_SIZE) {
      const int col = piece * PIECE;
      const piece_t bits = load_bits(x + row * a->cols + min(col, a->cols), a->cols - col);
      store_codes(bf16_codes(bits), to + col);
    }
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void quantize_bf16(global const float* restrict x,
                                                                               global uchar* restrict y,
                                                                               const QuantizeArgs a) {
  quantize_bf16_body((uint)get_group_id(0), (uint)get_num_groups(0), x, y, &a);
}

#include "quant/plain.h"

#include <cstring>

#include "quant/bytes.h"
#include "quant/half.h"

namespace clinfer::quant {
namespace {

template <float (*Decode)(uint16_t)>
void decode_16(const uint8_t* codes, int64_t row, int64_t cols, float* out) {
  const uint8_t* from = codes + row * cols * 2;
  for (int64_t col = 0; col < cols; ++col) out[col] = Decode(load<uint16_t>(from + 2 * col));
}

template <uint16_t (*Encode)(float)>
void encode_16(const float* values, int64_t count, uint8_t* codes) {
  for (int64_t i = 0; i < count; ++i) store(codes + 2 * i, Encode(values[i]));
}

}  // namespace

void decode_f32(const uint8_t* codes, const uint8_t*, int64_t row, int64_t cols, float* out) {
  if (cols > 0) std::memcpy(out, codes + row * cols * 4, static_cast<size_t>(cols) * 4);
}

void encode_f32(const float* values, int64_t rows, int64_t cols, uint8_t* codes, uint8_t*) {
  if (rows * cols > 0) std::memcpy(codes, values, static_cast<size_t>(rows * cols) * 4);
}

void decode_f16(const uint8_t* codes, const uint8_t*, int64_t row, int64_t cols, float* out) {
  decode_16<f16_to_f32>(codes, row, cols, out);
}

void encode_f16(const float* values, int64_t rows, int64_t cols, uint8_t* codes, uint8_t*) {
  encode_16<f32_to_f16>(values, rows * cols, codes);
}

void decode_bf16(const uint8_t* codes, const uint8_t*, int64_t row, int64_t cols, float* out) {
  decode_16<bf16_to_f32>(codes, row, cols, out);
}

void encode_bf16(const float* values, int64_t rows, int64_t cols, uint8_t* codes, uint8_t*) {
  encode_16<f32_to_bf16>(values, rows * cols, codes);
}

}  // namespace clinfer::quant

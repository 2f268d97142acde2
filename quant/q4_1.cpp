#include "quant/q4_1.h"

#include <algorithm>
#include <cmath>

#include "quant/bytes.h"
#include "quant/half.h"
#include "quant/inline_search.h"

namespace clinfer::quant {
namespace {

constexpr int64_t kHalf = 16;

int encode_nibble(float scaled) {
  // The reference's rounding: lround differs just below 0.5. NOLINTNEXTLINE(bugprone-incorrect-roundings)
  return std::min(15, static_cast<int>(scaled + 0.5f));
}

}  // namespace

void decode_q4_1(const uint8_t* block, float* out) {
  const float d = f16_to_f32(load<uint16_t>(block));
  const float m = f16_to_f32(load<uint16_t>(block + 2));
  for (int j = 0; j < kHalf; ++j) {
    out[j] = static_cast<float>(block[4 + j] & 15) * d + m;
    out[j + kHalf] = static_cast<float>(block[4 + j] >> 4) * d + m;
  }
}

void encode_q4_1(const float* values, uint8_t* block) {
  float min = values[0];  // the first of equals: it decides the sign of a zero m
  float max = values[0];
  for (int i = 1; i < 2 * kHalf; ++i) {
    min = values[i] < min ? values[i] : min;
    max = values[i] > max ? values[i] : max;
  }
  const float d = (max - min) / 15.0f;
  if (!all_finite(values, 2 * kHalf) || !std::isfinite(d)) {
    std::fill(block, block + 4 + kHalf, uint8_t{0});
    store(block, kF16Nan);
    return;
  }
  const float inverse = inverse_scale(d);
  store(block, f32_to_f16(d));
  store(block + 2, f32_to_f16(min));
  for (int j = 0; j < kHalf; ++j) {
    const int low = encode_nibble((values[j] - min) * inverse);
    const int high = encode_nibble((values[j + kHalf] - min) * inverse);
    block[4 + j] = static_cast<uint8_t>(low | high << 4);
  }
}

void search_q4_1(const float* values, const float* weights, uint8_t* block) {
  encode_q4_1(values, block);
  HalfAffine affine{f16_to_f32(load<uint16_t>(block)), f16_to_f32(load<uint16_t>(block + 2))};
  uint8_t codes[2 * kHalf];
  if (!search_half_affine(values, weights, 15, affine, codes)) return;
  store(block, f32_to_f16(affine.d));
  store(block + 2, f32_to_f16(affine.m));
  for (int j = 0; j < kHalf; ++j) block[4 + j] = static_cast<uint8_t>(codes[j] | codes[j + kHalf] << 4);
}

}  // namespace clinfer::quant

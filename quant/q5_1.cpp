#include "quant/q5_1.h"

#include <algorithm>
#include <cmath>

#include "quant/bytes.h"
#include "quant/five_bits.h"
#include "quant/half.h"
#include "quant/inline_search.h"

namespace clinfer::quant {

void decode_q5_1(const uint8_t* block, float* out) {
  const float d = f16_to_f32(load<uint16_t>(block));
  const float m = f16_to_f32(load<uint16_t>(block + 2));
  uint8_t codes[32];
  load_five_bits(block + 4, codes);
  for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(codes[i]) * d + m;
}

void encode_q5_1(const float* values, uint8_t* block) {
  float min = values[0];  // the first of equals: it decides the sign of a zero m
  float max = values[0];
  for (int i = 1; i < 32; ++i) {
    min = values[i] < min ? values[i] : min;
    max = values[i] > max ? values[i] : max;
  }
  const float d = (max - min) / 31.0f;
  std::fill(block, block + 24, uint8_t{0});
  if (!all_finite(values, 32) || !std::isfinite(d)) {
    store(block, kF16Nan);
    return;
  }
  const float inverse = inverse_scale(d);
  store(block, f32_to_f16(d));
  store(block + 2, f32_to_f16(min));
  uint8_t codes[32];
  for (int i = 0; i < 32; ++i) {
    // The reference's rounding: lround differs just below 0.5. NOLINTNEXTLINE(bugprone-incorrect-roundings)
    codes[i] = static_cast<uint8_t>(std::min(31, static_cast<int>((values[i] - min) * inverse + 0.5f)));
  }
  store_five_bits(codes, block + 4);
}

void search_q5_1(const float* values, const float* weights, uint8_t* block) {
  encode_q5_1(values, block);
  HalfAffine affine{f16_to_f32(load<uint16_t>(block)), f16_to_f32(load<uint16_t>(block + 2))};
  uint8_t codes[32];
  if (!search_half_affine(values, weights, 31, affine, codes)) return;
  store(block, f32_to_f16(affine.d));
  store(block + 2, f32_to_f16(affine.m));
  store_five_bits(codes, block + 4);
}

}  // namespace clinfer::quant

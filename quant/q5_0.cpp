#include "quant/q5_0.h"

#include <algorithm>
#include <cmath>

#include "quant/bytes.h"
#include "quant/five_bits.h"
#include "quant/half.h"
#include "quant/inline_search.h"

namespace clinfer::quant {

void decode_q5_0(const uint8_t* block, float* out) {
  const float d = f16_to_f32(load<uint16_t>(block));
  uint8_t codes[32];
  load_five_bits(block + 2, codes);
  for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(codes[i] - 16) * d;
}

void encode_q5_0(const float* values, uint8_t* block) {
  std::fill(block, block + 22, uint8_t{0});
  if (!all_finite(values, 32)) {
    store(block, kF16Nan);
    return;
  }
  float largest = 0.0f;  // the first of equal magnitudes
  for (int i = 0; i < 32; ++i) {
    if (std::fabs(values[i]) > std::fabs(largest)) largest = values[i];
  }
  const float d = largest / -16.0f;
  const float inverse = inverse_scale(d);
  store(block, f32_to_f16(d));
  uint8_t codes[32];
  for (int i = 0; i < 32; ++i)
    codes[i] = static_cast<uint8_t>(std::min(31, static_cast<int>(values[i] * inverse + 16.5f)));
  store_five_bits(codes, block + 2);
}

void search_q5_0(const float* values, const float* weights, uint8_t* block) {
  encode_q5_0(values, block);
  float d = f16_to_f32(load<uint16_t>(block));
  uint8_t codes[32];
  if (!search_half_scale(values, weights, -16, 15, d, codes)) return;
  store(block, f32_to_f16(d));
  store_five_bits(codes, block + 2);
}

}  // namespace clinfer::quant

#include "quant/q4_0.h"

#include <algorithm>
#include <cmath>

#include "quant/bytes.h"
#include "quant/half.h"
#include "quant/inline_search.h"

namespace clinfer::quant {
namespace {

constexpr int64_t kHalf = 16;

float first_of_largest_magnitude(const float* values) {
  float largest = 0.0f;
  for (int i = 0; i < 2 * kHalf; ++i) {
    if (std::fabs(values[i]) > std::fabs(largest)) largest = values[i];
  }
  return largest;
}

int encode_nibble(float scaled) {
  return std::min(15, static_cast<int>(scaled + 8.5f));
}

}  // namespace

void decode_q4_0(const uint8_t* block, float* out) {
  const float d = f16_to_f32(load<uint16_t>(block));
  for (int j = 0; j < kHalf; ++j) {
    out[j] = static_cast<float>((block[2 + j] & 15) - 8) * d;
    out[j + kHalf] = static_cast<float>((block[2 + j] >> 4) - 8) * d;
  }
}

void encode_q4_0(const float* values, uint8_t* block) {
  if (!all_finite(values, 2 * kHalf)) {
    std::fill(block, block + 2 + kHalf, uint8_t{0x88});
    store(block, kF16Nan);
    return;
  }
  const float d = first_of_largest_magnitude(values) / -8.0f;
  const float inverse = inverse_scale(d);
  store(block, f32_to_f16(d));
  for (int j = 0; j < kHalf; ++j) {
    const int low = encode_nibble(values[j] * inverse);
    const int high = encode_nibble(values[j + kHalf] * inverse);
    block[2 + j] = static_cast<uint8_t>(low | high << 4);
  }
}

void search_q4_0(const float* values, const float* weights, uint8_t* block) {
  encode_q4_0(values, block);
  float d = f16_to_f32(load<uint16_t>(block));
  uint8_t codes[2 * kHalf];
  if (!search_half_scale(values, weights, -8, 7, d, codes)) return;
  store(block, f32_to_f16(d));
  for (int j = 0; j < kHalf; ++j) block[2 + j] = static_cast<uint8_t>(codes[j] | codes[j + kHalf] << 4);
}

}  // namespace clinfer::quant

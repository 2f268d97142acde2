#include "quant/q8_0.h"

#include <algorithm>
#include <cmath>

#include "quant/bytes.h"
#include "quant/half.h"
#include "quant/inline_search.h"

namespace clinfer::quant {
namespace {

constexpr int kElems = 32;

/// Nearest integer, halves away from zero. Adding 0.5 in double is exact enough to never cross an integer.
int round_half_away(float value) {
  const double wide = value;
  return static_cast<int>(wide + std::copysign(0.5, wide));
}

}  // namespace

void decode_q8_0(const uint8_t* block, float* out) {
  const float d = f16_to_f32(load<uint16_t>(block));
  for (int i = 0; i < kElems; ++i) out[i] = static_cast<float>(static_cast<int8_t>(block[2 + i])) * d;
}

void encode_q8_0(const float* values, uint8_t* block) {
  if (!all_finite(values, kElems)) {
    std::fill(block, block + 2 + kElems, uint8_t{0});
    store(block, kF16Nan);
    return;
  }
  float amax = 0.0f;
  for (int i = 0; i < kElems; ++i) amax = std::max(amax, std::fabs(values[i]));
  const float d = amax / 127.0f;
  const float inverse = inverse_scale(d);
  store(block, f32_to_f16(d));
  for (int i = 0; i < kElems; ++i) block[2 + i] = static_cast<uint8_t>(round_half_away(values[i] * inverse));
}

void search_q8_0(const float* values, const float* weights, uint8_t* block) {
  encode_q8_0(values, block);
  float d = f16_to_f32(load<uint16_t>(block));
  uint8_t codes[kElems];
  if (!search_half_scale(values, weights, -127, 127, d, codes)) return;
  store(block, f32_to_f16(d));
  for (int i = 0; i < kElems; ++i) block[2 + i] = static_cast<uint8_t>(codes[i] - 127);
}

}  // namespace clinfer::quant

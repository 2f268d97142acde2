#include "quant/gguf_mxfp4.h"

#include <algorithm>
#include <cmath>

#include "quant/e8m0.h"
#include "quant/magnitude.h"
#include "quant/minifloat.h"
#include "quant/mx_blocks.h"

namespace clinfer::quant {
namespace {

constexpr int64_t kHalf = 16;

/// The first of the nearest codes, 0 to 15.
uint8_t nearest_code(float value, float scale) {
  uint8_t best = 0;
  float best_error = std::fabs(value);
  for (uint8_t code = 1; code < 16; ++code) {
    const float error = std::fabs(E2m1::kValues[code] * scale - value);
    if (error < best_error) {
      best = code;
      best_error = error;
    }
  }
  return best;
}

void encode_at(uint8_t exponent, const float* values, uint8_t* block) {
  block[0] = exponent;
  std::fill(block + 1, block + 1 + kHalf, uint8_t{0});
  if (exponent == kE8m0Nan) return;
  const float scale = e8m0_to_f32(exponent);
  for (int j = 0; j < kHalf; ++j) {
    const int low = nearest_code(values[j], scale);
    const int high = nearest_code(values[j + kHalf], scale);
    block[1 + j] = static_cast<uint8_t>(low | high << 4);
  }
}

uint8_t floor_exponent(const float* values) {
  return e8m0_floor_scale(max_magnitude(values, 2 * kHalf), E2m1::kMaxExponent);
}

}  // namespace

void decode_gguf_mxfp4(const uint8_t* block, float* out) {
  const float scale = e8m0_to_f32(block[0]);
  for (int j = 0; j < kHalf; ++j) {
    out[j] = E2m1::kValues[block[1 + j] & 15] * scale;
    out[j + kHalf] = E2m1::kValues[block[1 + j] >> 4] * scale;
  }
}

void encode_gguf_mxfp4(const float* values, uint8_t* block) {
  encode_at(floor_exponent(values), values, block);
}

void search_gguf_mxfp4(const float* values, const float* weights, uint8_t* block) {
  using Blocks = MxBlocks<E2m1, ScaleMode::floor>;
  encode_at(Blocks::search_exponent(floor_exponent(values), values, weights, 2 * kHalf), values, block);
}

}  // namespace clinfer::quant

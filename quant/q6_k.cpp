#include "quant/q6_k.h"

#include <algorithm>
#include <cmath>

#include "quant/bytes.h"
#include "quant/half.h"
#include "quant/k_super_block.h"
#include "quant/magnitude.h"
#include "quant/vector_clones.h"

namespace clinfer::quant {
namespace {

constexpr int kElems = 16;  // of a sub-block
constexpr int kCount = kSuperBlock / kElems;
constexpr int kUpper = 128;
constexpr int kScales = 192;
constexpr int kD = 208;
constexpr int kBytes = 210;
constexpr float kZero = 1e-15f;  // magnitudes below count as zero

int code_of(float value, float inverse) {
  return std::clamp(nearest_int(inverse * value), -32, 31);
}

/// Sums of least-squares fits of the scale to the codes of several inverses side by side, weighted with the
/// importance, or value^2 where that is nullptr: scale = xl / l2. Each sum runs in order; the fits are what
/// vector code takes together.
struct Fits {
  static constexpr int kTries = 9;
  static constexpr int kCount = 20;  ///< the start, 9 to either side, and one to fill a vector
  float inverse[kCount] = {};
  float xl[kCount] = {}, l2[kCount] = {};

  QUANT_VECTOR_CLONES void sum(const float* values, const float* weights);
};

void Fits::sum(const float* values, const float* weights) {
  for (int i = 0; i < kElems; ++i) {
    const float value = values[i];
    const float weight = weights[i];
    for (int fit = 0; fit < kCount; ++fit) {
      const float code = std::clamp(round_to_even(inverse[fit] * value), -32.0f, 31.0f);
      xl[fit] += weight * value * code;
      l2[fit] += weight * code * code;
    }
  }
}

/// The scale of a sub-block, and its codes (offset by 32) where it is not zero.
float search_scale(const float* values, const float* importance, uint8_t* codes) {
  float largest = 0.0f;  // the first of equal magnitudes
  for (int i = 0; i < kElems; ++i) {
    if (std::fabs(values[i]) > std::fabs(largest)) largest = values[i];
  }
  std::fill(codes, codes + kElems, uint8_t{0});
  if (std::fabs(largest) < kZero) return 0.0f;
  float weights[kElems];
  for (int i = 0; i < kElems; ++i) weights[i] = importance != nullptr ? importance[i] : values[i] * values[i];
  Fits fits;
  fits.inverse[0] = -32.0f / largest;
  int last = 0;
  for (int step = -Fits::kTries; step <= Fits::kTries; ++step) {
    if (step != 0) fits.inverse[++last] = -(32.0f + 0.1f * static_cast<float>(step)) / largest;
  }
  fits.sum(values, weights);
  int chosen = 0;
  float scale = fits.l2[0] != 0.0f ? fits.xl[0] / fits.l2[0] : 0.0f;
  float best = scale * fits.xl[0];
  for (int fit = 1; fit <= last; ++fit) {
    if (fits.l2[fit] > 0.0f && fits.xl[fit] * fits.xl[fit] > best * fits.l2[fit]) {
      chosen = fit;
      scale = fits.xl[fit] / fits.l2[fit];
      best = scale * fits.xl[fit];
    }
  }
  for (int i = 0; i < kElems; ++i)
    codes[i] = static_cast<uint8_t>(32 + code_of(values[i], fits.inverse[chosen]));
  return scale;
}

/// Bytes and shifts of element `at` of a super-block.
struct Place {
  int low, low_shift, upper, upper_shift;

  explicit Place(int at) {
    const int half = at / 128, part = at % 128 / 32, i = at % 32;
    low = 64 * half + 32 * (part % 2) + i;
    low_shift = part / 2 * 4;
    upper = kUpper + 32 * half + i;
    upper_shift = 2 * part;
  }
};

float scale_of(const uint8_t* block, int sub_block) {
  const float d = f16_to_f32(load<uint16_t>(block + kD));
  return d * static_cast<float>(static_cast<int8_t>(block[kScales + sub_block]));
}

void store_codes(const uint8_t* codes, uint8_t* block) {
  for (int at = 0; at < kSuperBlock; ++at) {
    const Place place(at);
    block[place.low] = static_cast<uint8_t>(block[place.low] | (codes[at] & 15) << place.low_shift);
    block[place.upper] = static_cast<uint8_t>(block[place.upper] | codes[at] >> 4 << place.upper_shift);
  }
}

void encode_block(const float* values, const float* importance, uint8_t* block) {
  std::fill(block, block + kBytes, uint8_t{0});
  if (!(max_magnitude(values, kSuperBlock) <= 0x1p60f)) {
    store(block + kD, kF16Nan);
    return;
  }
  uint8_t codes[kSuperBlock];
  float scales[kCount];
  float largest = 0.0f;
  for (int64_t j = 0; j < kCount; ++j) {
    const float* weights = importance != nullptr ? importance + kElems * j : nullptr;
    scales[j] = search_scale(values + kElems * j, weights, codes + kElems * j);
    if (std::fabs(scales[j]) > std::fabs(largest)) largest = scales[j];
  }
  if (std::fabs(largest) < kZero) return;
  const float inverse = -128.0f / largest;
  store(block + kD, f32_to_f16(1 / inverse));
  for (int j = 0; j < kCount; ++j)
    block[kScales + j] = static_cast<uint8_t>(std::min(127, nearest_int(inverse * scales[j])));
  for (int i = 0; i < kSuperBlock; ++i) {
    const float scale = scale_of(block, i / kElems);
    if (scale == 0.0f) continue;  // codes stay those of the search
    codes[i] = static_cast<uint8_t>(32 + std::clamp(nearest_int(values[i] / scale), -32, 31));
  }
  store_codes(codes, block);
}

}  // namespace

void decode_q6_k(const uint8_t* block, float* out) {
  for (int at = 0; at < kSuperBlock; ++at) {
    const Place place(at);
    const int low = block[place.low] >> place.low_shift & 15;
    const int upper = block[place.upper] >> place.upper_shift & 3;
    out[at] = scale_of(block, at / kElems) * static_cast<float>((low | upper << 4) - 32);
  }
}

void encode_q6_k(const float* values, uint8_t* block) {
  encode_block(values, nullptr, block);
}

void encode_weighted_q6_k(const float* values, const float* importance, uint8_t* block) {
  encode_block(values, importance, block);
}

}  // namespace clinfer::quant

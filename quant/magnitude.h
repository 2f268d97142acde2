#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace clinfer::quant {

/// The largest magnitude; Inf or NaN where there is one, because magnitudes order like their bits.
inline float max_magnitude(const float* values, int64_t count) {
  int32_t largest = 0;
  for (int64_t i = 0; i < count; ++i) {
    largest = std::max(largest, std::bit_cast<int32_t>(values[i]) & 0x7FFFFFFF);
  }
  return std::bit_cast<float>(largest);
}

/// The largest finite magnitude of `rows` rows that lie `stride` apart.
inline float finite_amax(const float* values, int64_t rows, int64_t cols, int64_t stride) {
  int32_t largest = 0;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t col = 0; col < cols; ++col) {
      const int32_t magnitude = std::bit_cast<int32_t>(values[row * stride + col]) & 0x7FFFFFFF;
      largest = std::max(largest, magnitude < 0x7F800000 ? magnitude : 0);
    }
  }
  return std::bit_cast<float>(largest);
}

/// Nearest integer, ties to even; |value| < 2^22.
constexpr float round_to_even(float value) {
  return (value + 12582912.0f) - 12582912.0f;
}

/// Scales below the smallest normal float are stored as zero, with zero codes, so that no device has to
/// divide by a subnormal.
constexpr float flush_scale(float scale) {
  return scale < 0x1p-126f ? 0.0f : scale;
}

}  // namespace clinfer::quant

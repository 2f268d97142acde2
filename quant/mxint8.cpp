#include "quant/mxint8.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "quant/e8m0.h"

namespace clinfer::quant {
namespace {

constexpr int64_t kBlock = 32;
constexpr int kFractionBits = 6;
constexpr int kMaxExponent = 0;  // of the largest element, 127/64

/// The largest magnitude; Inf or NaN where there is one, because magnitudes order like their bits.
float max_magnitude(const float* values, int64_t count) {
  int32_t largest = 0;
  for (int64_t i = 0; i < count; ++i) {
    largest = std::max(largest, std::bit_cast<int32_t>(values[i]) & 0x7FFFFFFF);
  }
  return std::bit_cast<float>(largest);
}

uint8_t encode_block(const float* values, int64_t count, uint8_t* codes) {
  const uint8_t scale = e8m0_floor_scale(max_magnitude(values, count), kMaxExponent);
  if (scale == kE8m0Nan) {
    std::fill(codes, codes + count, uint8_t{0});
    return scale;
  }
  constexpr double kRound = 0x1.8p52;  // adding it leaves the nearest even integer
  const double inverse = std::ldexp(1.0, 127 + kFractionBits - scale);
  for (int64_t i = 0; i < count; ++i) {
    const double rounded = (static_cast<double>(values[i]) * inverse + kRound) - kRound;
    codes[i] = static_cast<uint8_t>(static_cast<int>(std::clamp(rounded, -127.0, 127.0)));
  }
  return scale;
}

}  // namespace

void decode_mxint8(const uint8_t* codes, const uint8_t* scales, int64_t row, int64_t cols, float* out) {
  const int64_t blocks = (cols + kBlock - 1) / kBlock;
  const uint8_t* row_codes = codes + row * cols;
  for (int64_t block = 0; block < blocks; ++block) {
    const float scale = e8m0_to_f32(scales[row * blocks + block], -kFractionBits);
    const int64_t end = std::min((block + 1) * kBlock, cols);
    for (int64_t col = block * kBlock; col < end; ++col) {
      out[col] = static_cast<float>(static_cast<int8_t>(row_codes[col])) * scale;
    }
  }
}

void encode_mxint8(const float* values, int64_t rows, int64_t cols, uint8_t* codes, uint8_t* scales) {
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t col = 0; col < cols; col += kBlock) {
      const int64_t at = row * cols + col;
      *scales++ = encode_block(values + at, std::min(kBlock, cols - col), codes + at);
    }
  }
}

}  // namespace clinfer::quant

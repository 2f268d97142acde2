#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

#include "quant/distortion.h"
#include "quant/format.h"

namespace clinfer::quant::test {

/// A matrix stored in a format.
struct Encoded {
  std::vector<uint8_t> codes;
  std::vector<uint8_t> scales;
};

inline Encoded encode_with(const Format& format, const EncodeOptions& options,
                           const std::vector<float>& values, int64_t rows, int64_t cols) {
  Encoded encoded;
  encoded.codes.resize(static_cast<size_t>(code_bytes(format, rows, cols)));
  encoded.scales.resize(static_cast<size_t>(scale_bytes(format, rows, cols)));
  clinfer::quant::encode_with(format, options, values.data(), rows, cols, encoded.codes.data(),
                              encoded.scales.data());
  return encoded;
}

inline Encoded encode(const Format& format, const std::vector<float>& values, int64_t rows, int64_t cols) {
  Encoded encoded;
  encoded.codes.resize(static_cast<size_t>(code_bytes(format, rows, cols)));
  encoded.scales.resize(static_cast<size_t>(scale_bytes(format, rows, cols)));
  format.encode(values.data(), rows, cols, encoded.codes.data(), encoded.scales.data());
  return encoded;
}

inline std::vector<float> decode(const Format& format, const Encoded& encoded, int64_t rows, int64_t cols) {
  std::vector<float> values(static_cast<size_t>(rows * cols));
  for (int64_t row = 0; row < rows; ++row) {
    format.decode_row(encoded.codes.data(), encoded.scales.data(), row, cols, values.data() + row * cols);
  }
  return values;
}

inline std::vector<float> roundtrip(const Format& format, const std::vector<float>& values, int64_t rows,
                                    int64_t cols) {
  return decode(format, encode(format, values, rows, cols), rows, cols);
}

/// What encoding the values in the format costs.
inline Distortion distortion(const Format& format, const std::vector<float>& values, int64_t rows,
                             int64_t cols) {
  const Encoded encoded = encode(format, values, rows, cols);
  return measure_distortion(format, values, rows, cols, encoded.codes, encoded.scales);
}

/// Box-Muller on mt19937_64, whose sequence the standard fixes (normal_distribution's it does not).
inline std::vector<float> gaussian(int64_t count, double sigma, uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto uniform = [&] { return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53; };
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    value = static_cast<float>(sigma * radius * std::cos(2 * std::numbers::pi * uniform()));
  }
  return values;
}

}  // namespace clinfer::quant::test

#pragma once

#include <array>

#include "quant/mx_blocks.h"

namespace clinfer::quant {

/// The element of MXINT8: an int8 in units of 2^-6. -128 is never made, but decodes to -2.
struct MxInt8 {
  static constexpr int kBits = 8;
  static constexpr int kMantissaBits = 6;
  static constexpr int kMaxExponent = 0;
  static constexpr float kMax = 127 / 64.0f;
  static constexpr uint8_t kNanCode = 0;

  static constexpr uint8_t encode(float value) {
    // A block's values stay below 2 (floor) or 4 (even, near the largest float).
    return static_cast<uint8_t>(static_cast<int>(std::clamp(round_to_even(value * 64.0f), -127.0f, 127.0f)));
  }

  static constexpr std::array<float, 256> kValues = [] {
    std::array<float, 256> values{};
    for (int code = 0; code < 256; ++code)
      values[static_cast<size_t>(code)] = static_cast<float>(static_cast<int8_t>(code)) / 64.0f;
    return values;
  }();
};

/// MXINT8: int8 codes [rows, cols]; value = code * 2^-6 * 2^(e - 127). The floor rule measures best (42.42 dB
/// on Gaussian weights, rceil 42.36).
inline constexpr Format kMxint8 = MxBlocks<MxInt8, ScaleMode::floor>::format(
    "mxint8", "OCP Microscaling Formats (MX) v1.0", "-127/64..127/64", "floor,amax");

}  // namespace clinfer::quant

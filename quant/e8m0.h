#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

#include "quant/encode_options.h"

namespace clinfer::quant {

/// E8M0, the scale type of the OCP Microscaling (MX) formats v1.0: byte b is 2^(b - 127), 0xFF is NaN; there
/// is no zero and no sign.
inline constexpr uint8_t kE8m0Nan = 0xFF;

/// The value of a scale byte times 2^shift, -22 <= shift <= 0 (the element's fraction bits), as one exact
/// float: subnormal where it must be; NaN for 0xFF.
constexpr float e8m0_to_f32(uint8_t byte, int shift = 0) {
  if (byte == kE8m0Nan) return std::numeric_limits<float>::quiet_NaN();
  const int exponent = byte + shift;
  return std::bit_cast<float>(exponent > 0 ? static_cast<uint32_t>(exponent) << 23 : 0x400000u >> -exponent);
}

/// The scale byte of a block by the MX v1.0 rule, 2^(floor(log2 amax) - emax), where emax is the exponent of
/// the element type's largest value. Taken from the exponent bits: a float log2 is one too high just below a
/// power of two. Zero and subnormal amax give byte 0; Inf and NaN give 0xFF.
constexpr uint8_t e8m0_floor_scale(float amax, int emax) {
  const int exponent = static_cast<int>((std::bit_cast<uint32_t>(amax) >> 23) & 0xFFu);
  return exponent == 255 ? kE8m0Nan : static_cast<uint8_t>(std::max(exponent - emax, 0));
}

/// The least power of two not below `value` >= 0, as a byte, which is 255 (NaN) where it would be 2^128.
/// Values up to 2^-127 give byte 0.
constexpr int e8m0_round_up(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  return static_cast<int>((bits >> 23) + ((bits & 0x7FFFFFu) != 0 && bits > 0x400000u));
}

/// The scale byte of an MX block of Elements (see mx_blocks.h) by any rule. A rule that asks for 2^128 or
/// more gives 0xFF, as Inf and NaN do.
template <class Element>
constexpr uint8_t e8m0_scale(ScaleMode mode, float amax) {
  if (!(amax <= std::numeric_limits<float>::max())) return kE8m0Nan;
  constexpr float kInverseMax = 1.0f / Element::kMax;
  constexpr uint32_t kHalf = 1u << (22 - Element::kMantissaBits);
  const uint32_t rounded = std::bit_cast<uint32_t>(amax) + kHalf;
  switch (mode) {
    case ScaleMode::floor:
      break;
    case ScaleMode::rceil:
      return static_cast<uint8_t>(e8m0_round_up(amax * kInverseMax));
    case ScaleMode::ceil: {
      const int exponent = e8m0_round_up(amax) - Element::kMaxExponent;
      return static_cast<uint8_t>(std::clamp(exponent, 0, 255));
    }
    case ScaleMode::even:
      return e8m0_floor_scale(std::bit_cast<float>(rounded), Element::kMaxExponent);
  }
  return e8m0_floor_scale(amax, Element::kMaxExponent);
}

}  // namespace clinfer::quant

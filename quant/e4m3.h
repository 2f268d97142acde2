#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>

namespace clinfer::quant {

/// Largest finite E4M3 value, code 0x7E (OCP OFP8 "E4M3": bias 7, no Inf, NaN only 0x7F and 0xFF).
inline constexpr float kE4m3Max = 448.0f;

namespace detail {
constexpr float e4m3_value(uint32_t code) {
  const uint32_t exponent = (code >> 3) & 15u;
  const uint32_t mantissa = code & 7u;
  if ((code & 0x7Fu) == 0x7Fu) return std::numeric_limits<float>::quiet_NaN();
  const float step = std::bit_cast<float>((std::max(exponent, 1u) + 117u) << 23);  // 2^(exponent - 7 - 3)
  const float magnitude = static_cast<float>(exponent == 0 ? mantissa : mantissa + 8u) * step;
  return (code & 0x80u) != 0 ? -magnitude : magnitude;
}

constexpr std::array<float, 256> e4m3_values() {
  std::array<float, 256> values{};
  for (uint32_t code = 0; code < 256; ++code) values[code] = e4m3_value(code);
  return values;
}
}  // namespace detail

/// The value of each E4M3 code.
inline constexpr std::array<float, 256> kE4m3Values = detail::e4m3_values();

/// Float to E4M3, nearest even. Finite values beyond 448 saturate; Inf and NaN become NaN (0x7F), sign kept.
constexpr uint8_t f32_to_e4m3(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 24) & 0x80u;
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  // Below 2^-6, adding 2^14 rounds to the step of subnormals, 2^-9.
  const float shifted = std::bit_cast<float>(std::min(magnitude, 0x3C800000u)) + 0x1p14f;
  const uint32_t subnormal = std::bit_cast<uint32_t>(shifted) - 0x46800000u;
  const uint32_t rebased = magnitude - (120u << 23);
  const uint32_t normal = std::min((rebased + 0x7FFFFu + ((rebased >> 20) & 1u)) >> 20, 0x7Eu);
  const uint32_t finite = magnitude < 0x3C800000u ? subnormal : normal;
  return static_cast<uint8_t>(sign | (magnitude >= 0x7F800000u ? 0x7Fu : finite));
}

}  // namespace clinfer::quant

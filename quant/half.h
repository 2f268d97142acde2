#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace clinfer::quant {

inline constexpr uint16_t kF16Nan = 0x7E00;

/// IEEE binary16 to float, exact; NaN payloads keep their bits (a signalling NaN stays one). Significand
/// times step, without branches or float subnormals, so that loops over it become vector code.
constexpr float f16_to_f32(uint16_t half) {
  const int32_t exponent = (half >> 10) & 31;
  const int32_t fraction = half & 0x3FF;
  const int32_t normal = std::min(exponent, 1);
  const int32_t significand = fraction + (normal << 10);
  const float step = std::bit_cast<float>((exponent + 103 - normal) << 23);  // 2^(max(exponent, 1) - 25)
  // With exponent 31 the product has the mantissa of the Inf or NaN already; all ones make the exponent.
  const uint32_t product = std::bit_cast<uint32_t>(static_cast<float>(significand) * step);
  const uint32_t inf = static_cast<uint32_t>((exponent + 1) >> 5) * 0x7F800000u;
  return std::bit_cast<float>((half & 0x8000u) << 16 | product | inf);
}

/// Float to IEEE binary16, nearest even; from 65520 on Inf. NaNs become quiet and keep their upper payload.
constexpr uint16_t f32_to_f16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return static_cast<uint16_t>(sign | 0x7E00u | ((magnitude >> 13) & 0x3FFu));
  if (magnitude >= 0x477FF000u) return static_cast<uint16_t>(sign | 0x7C00u);
  if (magnitude < 0x38800000u) {  // below 2^-14: adding 0.5 rounds to the step of half subnormals, 2^-24
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3F000000u));
  }
  const uint32_t rebased = magnitude - (112u << 23);
  return static_cast<uint16_t>(sign | ((rebased + 0xFFFu + ((rebased >> 13) & 1u)) >> 13));
}

/// bfloat16 to float: the upper half of its bits.
constexpr float bf16_to_f32(uint16_t upper) {
  return std::bit_cast<float>(uint32_t{upper} << 16);
}

/// Float to bfloat16, nearest even, subnormals kept. NaNs become quiet and keep their upper payload.
constexpr uint16_t f32_to_bf16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<uint16_t>((bits >> 16) | 0x40u);
  return static_cast<uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

}  // namespace clinfer::quant

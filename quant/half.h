#pragma once

#include <bit>
#include <cstdint>

namespace clinfer::quant {

inline constexpr uint16_t kF16Nan = 0x7E00;

/// IEEE binary16 to float, exact; NaN payloads keep their bits (a signalling NaN stays one).
constexpr float f16_to_f32(uint16_t half) {
  const uint32_t sign = (half & 0x8000u) << 16;
  const uint32_t magnitude = (half & 0x7FFFu) << 13;
  if (magnitude >= 0x7C00u << 13) return std::bit_cast<float>(sign | 0x70000000u | magnitude);
  // 113 << 23 is 2^-14: a subnormal m * 2^-24 is (2^-14 + m * 2^-24) - 2^-14, without float subnormals.
  const float subnormal = std::bit_cast<float>(magnitude + (113u << 23)) - 0x1p-14f;
  const uint32_t normal = magnitude + (112u << 23);
  return std::bit_cast<float>(sign |
                              (magnitude < 0x400u << 13 ? std::bit_cast<uint32_t>(subnormal) : normal));
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

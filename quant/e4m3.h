#pragma once

#include "quant/minifloat.h"

namespace clinfer::quant {

/// Largest finite E4M3 value, code 0x7E (OCP OFP8 "E4M3": bias 7, no Inf, NaN only 0x7F and 0xFF).
inline constexpr float kE4m3Max = E4m3::kMax;

/// The value of each E4M3 code.
inline constexpr const std::array<float, 256>& kE4m3Values = E4m3::kValues;

/// Float to E4M3, nearest even. Finite values beyond 448 saturate; Inf and NaN become NaN (0x7F), sign kept.
constexpr uint8_t f32_to_e4m3(float value) {
  return E4m3::encode(value);
}

}  // namespace clinfer::quant

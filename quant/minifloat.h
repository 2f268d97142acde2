#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>

namespace clinfer::quant {

/// What the codes beyond the largest finite value mean.
enum class Specials {
  none,     ///< every code is a finite value (MX FP6 and FP4)
  nan,      ///< all ones is NaN, there is no Inf (E4M3 "fn")
  inf_nan,  ///< as in IEEE 754 (E5M2)
};

/// A float of sign, ExponentBits and MantissaBits in the low bits of a byte, as the OCP OFP8 and MX v1.0
/// specifications define them. An element type of block formats: see mx_blocks.h for what that asks.
template <int ExponentBits, int MantissaBits, int Bias, Specials kSpecials>
struct Minifloat {
  static constexpr int kBits = 1 + ExponentBits + MantissaBits;
  static constexpr int kMantissaBits = MantissaBits;
  static constexpr uint32_t kSign = 1u << (kBits - 1);
  static constexpr uint32_t kAllOnes = kSign - 1;
  static constexpr uint32_t kInfCode = ((1u << ExponentBits) - 1u) << MantissaBits;
  static constexpr uint32_t kMaxCode = kSpecials == Specials::none  ? kAllOnes
                                       : kSpecials == Specials::nan ? kAllOnes - 1
                                                                    : kInfCode - 1;
  /// What Inf and NaN become, sign kept (a NaN without a code for it becomes zero).
  static constexpr uint32_t kNanCode = kSpecials == Specials::none ? 0 : kAllOnes;
  static constexpr uint32_t kFromInf = kSpecials == Specials::none      ? kMaxCode
                                       : kSpecials == Specials::inf_nan ? kInfCode
                                                                        : kNanCode;

  static constexpr float value(uint32_t code) {
    const uint32_t magnitude = code & kAllOnes;
    const float sign = (code & kSign) != 0 ? -1.0f : 1.0f;
    if (magnitude > kMaxCode) {
      const bool inf = kSpecials == Specials::inf_nan && magnitude == kInfCode;
      return inf ? sign * std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
    }
    const uint32_t exponent = magnitude >> MantissaBits;
    const uint32_t mantissa = magnitude & ((1u << MantissaBits) - 1u);
    const uint32_t normal = std::min(exponent, 1u) << MantissaBits;
    const float step = std::bit_cast<float>((std::max(exponent, 1u) + 127u - Bias - MantissaBits) << 23);
    return sign * static_cast<float>(mantissa + normal) * step;
  }

  static constexpr float kMax = value(kMaxCode);
  /// The exponent of kMax: `emax` of the MX specification.
  static constexpr int kMaxExponent = static_cast<int>((std::bit_cast<uint32_t>(kMax) >> 23) & 255u) - 127;

  static constexpr std::array<float, 256> kValues = [] {
    std::array<float, 256> values{};
    for (uint32_t code = 0; code < 256; ++code) values[code] = value(code);
    return values;
  }();

  /// Nearest even; finite values beyond kMax saturate. Free of branches, so that loops over it become vector
  /// code.
  static constexpr uint8_t encode(float from) {
    constexpr uint32_t kMinNormal = (128u - Bias) << 23;  // bits of 2^(1 - Bias)
    constexpr uint32_t kDropped = 23 - MantissaBits;
    // Below the smallest normal, adding 2^(1 - Bias + kDropped) rounds to the step of subnormals.
    constexpr uint32_t kAnchor = (128u - Bias + kDropped) << 23;
    const uint32_t bits = std::bit_cast<uint32_t>(from);
    const uint32_t sign = (bits >> 31) << (kBits - 1);
    const uint32_t magnitude = bits & 0x7FFFFFFFu;
    const float shifted =
        std::bit_cast<float>(std::min(magnitude, kMinNormal)) + std::bit_cast<float>(kAnchor);
    const uint32_t subnormal = std::bit_cast<uint32_t>(shifted) - kAnchor;
    const uint32_t rebased = magnitude - ((127u - Bias) << 23);
    const uint32_t half = (1u << (kDropped - 1)) - 1u;
    const uint32_t normal = std::min((rebased + half + ((rebased >> kDropped) & 1u)) >> kDropped, kMaxCode);
    const uint32_t finite = magnitude < kMinNormal ? subnormal : normal;
    const uint32_t special = magnitude > 0x7F800000u ? kNanCode : kFromInf;
    return static_cast<uint8_t>(sign | (magnitude >= 0x7F800000u ? special : finite));
  }
};

using E4m3 = Minifloat<4, 3, 7, Specials::nan>;
using E5m2 = Minifloat<5, 2, 15, Specials::inf_nan>;
using E2m3 = Minifloat<2, 3, 1, Specials::none>;
using E3m2 = Minifloat<3, 2, 3, Specials::none>;
using E2m1 = Minifloat<2, 1, 1, Specials::none>;

}  // namespace clinfer::quant

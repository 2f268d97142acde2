#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "golden.h"
#include "quant/e4m3.h"
#include "quant/e8m0.h"
#include "quant/half.h"

using namespace clinfer::quant;

namespace {

uint32_t bits_of(float value) {
  return std::bit_cast<uint32_t>(value);
}
float float_of(uint32_t bits) {
  return std::bit_cast<float>(bits);
}

/// A binary float type with subnormals, by its definition.
struct FloatType {
  int mantissa_bits;
  int bias;

  double value(uint32_t code, int exponent_bits) const {
    const int sign = static_cast<int>(code >> (mantissa_bits + exponent_bits));
    const int exponent = static_cast<int>(code >> mantissa_bits) & ((1 << exponent_bits) - 1);
    const int mantissa = static_cast<int>(code) & ((1 << mantissa_bits) - 1);
    const int significand = exponent == 0 ? mantissa : mantissa + (1 << mantissa_bits);
    const double magnitude = std::ldexp(significand, std::max(exponent, 1) - bias - mantissa_bits);
    return sign != 0 ? -magnitude : magnitude;
  }

  /// The nearest value, ties to even, without an upper limit.
  double nearest(double value) const {
    if (value == 0) return value;
    const double step = std::ldexp(1.0, std::max(std::ilogb(value), 1 - bias) - mantissa_bits);
    return std::nearbyint(value / step) * step;
  }
};

constexpr FloatType kE4m3Type{3, 7}, kF16Type{10, 15}, kBf16Type{7, 127};

/// Every 997th float pattern of both signs, finite, Inf and NaN.
template <typename Check>
void sweep_floats(Check check) {
  for (uint64_t bits = 0; bits < uint64_t{1} << 32; bits += 997) check(float_of(static_cast<uint32_t>(bits)));
}

/// The midpoint of two adjacent finite values of one sign, and the floats next to it.
template <typename Check>
void around_midpoint(float low, float high, Check check) {
  const float middle = static_cast<float>((static_cast<double>(low) + high) / 2);
  check(middle);
  check(std::nextafter(middle, low));
  check(std::nextafter(middle, high));
}

/// Equal as numbers, sign of zero included, or both NaN.
bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

double e4m3_reference(float value) {
  if (!std::isfinite(value)) return std::numeric_limits<double>::quiet_NaN();
  return std::copysign(std::min(std::fabs(kE4m3Type.nearest(value)), 448.0), value);
}

double ieee_reference(const FloatType& type, double largest, float value) {
  if (!std::isfinite(value)) return value;
  const double rounded = type.nearest(value);
  return std::fabs(rounded) > largest ? std::copysign(INFINITY, value) : std::copysign(rounded, value);
}

}  // namespace

TEST_CASE("e4m3: all 256 codes decode to their value and encode back") {
  const auto table = test::read_golden("cast_e4m3").tensors.at("table").floats();
  for (uint32_t code = 0; code < 256; ++code) {
    CAPTURE(code);
    const bool nan = (code & 0x7F) == 0x7F;
    CHECK(same(kE4m3Values[code], nan ? NAN : kE4m3Type.value(code, 4)));
    CHECK(same(kE4m3Values[code], table[code]));
    const float value = nan ? std::copysign(NAN, code == 0xFF ? -1.0f : 1.0f) : kE4m3Values[code];
    CHECK(f32_to_e4m3(value) == code);
  }
}

TEST_CASE("e4m3: encoding is nearest even and saturates") {
  int wrong = 0;
  const auto check = [&](float x) { wrong += !same(kE4m3Values[f32_to_e4m3(x)], e4m3_reference(x)); };
  sweep_floats(check);
  for (uint32_t code = 0; code < 0x7E; ++code) {
    around_midpoint(kE4m3Values[code], kE4m3Values[code + 1], check);
    around_midpoint(-kE4m3Values[code], -kE4m3Values[code + 1], check);
  }
  around_midpoint(448, 480, check);
  CHECK(wrong == 0);
  CHECK(f32_to_e4m3(465) == 0x7E);
  CHECK(f32_to_e4m3(-3e38f) == 0xFE);
  CHECK(f32_to_e4m3(INFINITY) == 0x7F);
  CHECK(f32_to_e4m3(-INFINITY) == 0xFF);
  CHECK(f32_to_e4m3(float_of(0x7F800001)) == 0x7F);
  CHECK(f32_to_e4m3(float_of(0xFFC00000)) == 0xFF);
  CHECK(f32_to_e4m3(-0.0f) == 0x80);
}

TEST_CASE("e4m3: encoding equals the goldens") {
  const auto golden = test::read_golden("cast_e4m3");
  const auto values = golden.tensors.at("x").floats();
  const auto& codes = golden.tensors.at("codes").bytes;
  REQUIRE(values.size() == codes.size());
  int wrong = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    // The goldens drop the sign of a NaN; here it is kept.
    const int sign = std::isnan(values[i]) && std::signbit(values[i]) ? 0x80 : 0;
    wrong += f32_to_e4m3(values[i]) != (codes[i] | sign);
  }
  CHECK(wrong == 0);
}

TEST_CASE("e8m0: all 256 bytes, with and without fraction bits") {
  for (int byte = 0; byte < 255; ++byte) {
    for (int shift : {0, -1, -6, -22}) {
      CAPTURE(byte);
      CHECK(e8m0_to_f32(static_cast<uint8_t>(byte), shift) == std::ldexp(1.0, byte - 127 + shift));
    }
  }
  CHECK(std::isnan(e8m0_to_f32(0xFF)));
  CHECK(std::isnan(e8m0_to_f32(0xFF, -6)));
}

TEST_CASE("e8m0: the floor rule takes the exponent, clamped") {
  int wrong = 0;
  for (uint64_t bits = 1; bits < 0x7F800000; bits += 997) {
    const float amax = float_of(static_cast<uint32_t>(bits));
    for (int emax : {0, 2, 8, 15}) {
      wrong += e8m0_floor_scale(amax, emax) != std::max(std::ilogb(amax) - emax + 127, 0);
    }
  }
  CHECK(wrong == 0);
  CHECK(e8m0_floor_scale(std::nextafter(8.0f, 0.0f), 0) == 129);
  CHECK(e8m0_floor_scale(8.0f, 0) == 130);
  CHECK(e8m0_floor_scale(std::numeric_limits<float>::max(), 0) == 254);
  CHECK(e8m0_floor_scale(0.0f, 0) == 0);
  CHECK(e8m0_floor_scale(INFINITY, 8) == 0xFF);
  CHECK(e8m0_floor_scale(NAN, 8) == 0xFF);
}

TEST_CASE("f16: all 65536 codes decode to their value and encode back") {
  int wrong = 0;
  for (uint32_t code = 0; code < 65536; ++code) {
    const float value = f16_to_f32(static_cast<uint16_t>(code));
    const uint32_t fraction = code & 0x3FF;
    if ((code & 0x7C00) == 0x7C00) {  // Inf, or a NaN whose payload moves up
      wrong += bits_of(value) != ((code & 0x8000) << 16 | 0x7F800000 | fraction << 13);
      wrong += f32_to_f16(value) != (fraction == 0 ? code : code | 0x200);
    } else {
      wrong += !same(value, kF16Type.value(code, 5)) + (f32_to_f16(value) != code);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("f16: encoding is nearest even, with subnormals and overflow to Inf") {
  int wrong = 0;
  const auto check = [&](float x) {
    wrong += !same(f16_to_f32(f32_to_f16(x)), ieee_reference(kF16Type, 65504, x));
  };
  sweep_floats(check);
  for (uint32_t code = 0; code < 0x7BFF; ++code) {
    const float low = f16_to_f32(static_cast<uint16_t>(code));
    around_midpoint(low, f16_to_f32(static_cast<uint16_t>(code + 1)), check);
  }
  around_midpoint(65504, 65536, check);
  CHECK(wrong == 0);
  CHECK(f32_to_f16(65520) == 0x7C00);
  CHECK(f32_to_f16(-65519.99f) == 0xFBFF);
  CHECK(f32_to_f16(float_of(0x7F800001)) == 0x7E00);
}

TEST_CASE("bf16: all 65536 codes decode to their value and encode back") {
  int wrong = 0;
  for (uint32_t code = 0; code < 65536; ++code) {
    const float value = bf16_to_f32(static_cast<uint16_t>(code));
    if ((code & 0x7F80) == 0x7F80) {
      wrong += bits_of(value) != code << 16;
      wrong += f32_to_bf16(value) != ((code & 0x7F) == 0 ? code : code | 0x40);
    } else {
      wrong += !same(value, kBf16Type.value(code, 8)) + (f32_to_bf16(value) != code);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("bf16: encoding is nearest even, with subnormals and overflow to Inf") {
  int wrong = 0;
  const double largest = bf16_to_f32(0x7F7F);
  const auto check = [&](float x) {
    wrong += !same(bf16_to_f32(f32_to_bf16(x)), ieee_reference(kBf16Type, largest, x));
  };
  sweep_floats(check);
  for (uint32_t code = 0; code < 0x7F7F; ++code) {
    const float low = bf16_to_f32(static_cast<uint16_t>(code));
    around_midpoint(low, bf16_to_f32(static_cast<uint16_t>(code + 1)), check);
  }
  CHECK(wrong == 0);
  CHECK(f32_to_bf16(std::numeric_limits<float>::max()) == 0x7F80);
  CHECK(f32_to_bf16(float_of(0x7F800001)) == 0x7FC0);
}

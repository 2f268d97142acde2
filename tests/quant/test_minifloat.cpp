#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "golden.h"
#include "quant/minifloat.h"

using namespace clinfer::quant;

namespace {

/// The finite non-negative values in ascending order: their codes are their places.
template <class Type>
std::vector<double> magnitudes() {
  std::vector<double> values;
  for (uint32_t code = 0; code <= Type::kMaxCode; ++code) values.push_back(Type::value(code));
  return values;
}

/// The code of a finite magnitude by exhaustive comparison, ties to the even code.
uint32_t nearest_code(const std::vector<double>& values, double magnitude) {
  uint32_t best = 0;
  for (uint32_t code = 1; code < values.size(); ++code) {
    const double nearer = std::fabs(values[code] - magnitude) - std::fabs(values[best] - magnitude);
    if (nearer < 0 || (nearer == 0 && code % 2 == 0)) best = code;
  }
  return best;
}

template <class Type>
void check_goldens(const char* name) {
  CAPTURE(name);
  const auto golden = test::read_golden(name);
  const auto table = golden.tensors.at("table").floats();
  REQUIRE(table.size() == 1u << Type::kBits);
  for (uint32_t code = 0; code < table.size(); ++code) {
    const float value = Type::kValues[code];
    CHECK(((std::isnan(value) && std::isnan(table[code])) ||
           std::bit_cast<uint32_t>(value) == std::bit_cast<uint32_t>(table[code])));
  }
  const auto x = golden.tensors.at("x").floats();
  const auto& codes = golden.tensors.at("codes").bytes;
  int wrong = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    // The goldens drop the sign of a NaN; here it is kept.
    const uint32_t sign = std::isnan(x[i]) && std::signbit(x[i]) ? Type::kSign : 0u;
    wrong += Type::encode(x[i]) != (codes[i] | sign);
  }
  CHECK(wrong == 0);
}

template <class Type>
void check_codes_and_rounding() {
  const auto values = magnitudes<Type>();
  for (uint32_t code = 0; code < values.size(); ++code) {
    const auto value = static_cast<float>(values[code]);
    CHECK(Type::encode(value) == code);
    CHECK(Type::encode(-value) == (code | Type::kSign));
    if (code + 1 == values.size()) continue;
    CHECK(values[code + 1] > values[code]);
    const auto middle = static_cast<float>((values[code] + values[code + 1]) / 2);
    for (float x : {middle, std::nextafter(middle, 0.0f), std::nextafter(middle, INFINITY)})
      CHECK(Type::encode(x) == nearest_code(values, x));
  }
  const float huge = std::numeric_limits<float>::max();
  CHECK(Type::encode(huge) == Type::kMaxCode);
  CHECK(Type::encode(-huge) == (Type::kMaxCode | Type::kSign));
  CHECK(Type::encode(std::numeric_limits<float>::denorm_min()) == 0);
}

}  // namespace

TEST_CASE("minifloats: tables and casts equal the goldens") {
  check_goldens<E4m3>("cast_e4m3");
  check_goldens<E5m2>("cast_e5m2");
  check_goldens<E2m3>("cast_e2m3");
  check_goldens<E3m2>("cast_e3m2");
  check_goldens<E2m1>("cast_e2m1");
}

TEST_CASE("minifloats: all codes encode back, midpoints round to even, overflow saturates") {
  check_codes_and_rounding<E4m3>();
  check_codes_and_rounding<E5m2>();
  check_codes_and_rounding<E2m3>();
  check_codes_and_rounding<E3m2>();
  check_codes_and_rounding<E2m1>();
}

TEST_CASE("minifloats: limits, Inf and NaN") {
  CHECK(E5m2::kMax == 57344);
  CHECK(E5m2::kMaxExponent == 15);
  CHECK(E2m3::kMax == 7.5f);
  CHECK(E3m2::kMax == 28);
  CHECK(E3m2::kMaxExponent == 4);
  CHECK(E2m1::kMax == 6);
  CHECK(E2m1::kMaxExponent == 2);
  CHECK(E5m2::encode(INFINITY) == 0x7C);
  CHECK(E5m2::encode(-INFINITY) == 0xFC);
  CHECK(E5m2::encode(NAN) == 0x7F);
  CHECK(std::isinf(E5m2::kValues[0xFC]));
  CHECK(std::isnan(E5m2::kValues[0x7D]));
  CHECK(E2m1::encode(INFINITY) == 7);
  CHECK(E2m1::encode(NAN) == 0);
  CHECK(E3m2::encode(-INFINITY) == 0x3F);
}

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

#include "golden.h"
#include "matrix.h"

using namespace clinfer::quant;

namespace {

/// Rows of `bytes_per_row` bytes must be equal; names the label of the first that is not.
void check_rows(const test::Golden& golden, std::span<const uint8_t> got, std::span<const uint8_t> want,
                int64_t rows) {
  REQUIRE(got.size() == want.size());
  const size_t row_size = got.size() / static_cast<size_t>(rows);
  for (int64_t row = 0; row < rows; ++row) {
    const size_t at = static_cast<size_t>(row) * row_size;
    CAPTURE(row);
    CAPTURE(golden.label(row));
    CHECK(std::memcmp(got.data() + at, want.data() + at, row_size) == 0);
  }
}

/// Bit-equal, but any NaN equals any other.
void check_values(const test::Golden& golden, std::vector<float> got, std::vector<float> want, int64_t rows) {
  for (auto* values : {&got, &want}) {
    std::replace_if(
        values->begin(), values->end(), [](float x) { return std::isnan(x); }, NAN);
  }
  const auto bytes = [](const std::vector<float>& values) {
    return std::span(reinterpret_cast<const uint8_t*>(values.data()), values.size() * 4);
  };
  check_rows(golden, bytes(got), bytes(want), rows);
}

void check_format(const char* name, const char* codes_key) {
  CAPTURE(name);
  const Format* format = find_format(name);
  REQUIRE(format != nullptr);
  const auto golden = test::read_golden(name);
  const auto& x = golden.tensors.at("x");
  const int64_t rows = x.shape.at(0), cols = x.shape.at(1);
  const auto values = x.floats();
  const auto encoded = test::encode(*format, values, rows, cols);
  check_rows(golden, encoded.codes, golden.tensors.at(codes_key).bytes, rows);
  test::Encoded stored{golden.tensors.at(codes_key).bytes, {}};
  if (format->scale_type != ScaleType::none) {
    stored.scales = golden.tensors.at("scales").bytes;
    CHECK(encoded.scales == stored.scales);
  }
  check_values(golden, test::decode(*format, stored, rows, cols), golden.tensors.at("dq").floats(), rows);
}

}  // namespace

TEST_CASE("mxint8 encodes and decodes as the goldens do") {
  check_format("mxint8", "codes");
}
TEST_CASE("fp8_e4m3_128x128 encodes and decodes as the goldens do") {
  check_format("fp8_e4m3_128x128", "codes");
}
TEST_CASE("q8_0 encodes and decodes as the goldens do") {
  check_format("q8_0", "blocks");
}
TEST_CASE("q4_0 encodes and decodes as the goldens do") {
  check_format("q4_0", "blocks");
}
TEST_CASE("q4_1 encodes and decodes as the goldens do") {
  check_format("q4_1", "blocks");
}

#include <doctest/doctest.h>

#include <limits>

#include "host/kernels/activation_layout.h"
#include "host/kernels/value_bytes.h"
#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

Case quantize_case(const std::string& format, int64_t rows, int64_t cols, uint64_t seed) {
  std::mt19937_64 random(seed);
  graph::Builder builder("quantize");
  const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, cols});
  const auto y = builder.add(graph::Quantize{format}, "y", {x});
  Case result;
  result.graph = finish(builder, y);
  result.sizes = {rows, rows, rows};
  result.inputs = {normal(rows, cols, random)};
  result.name = format + " rows=" + std::to_string(rows) + " cols=" + std::to_string(cols);
  result.seed = seed;
  return result;
}

/// Each device gives the bytes that the host's encoder gives: codes, scales, sums and padding.
void check_bytes(const Case& c) {
  const kernels::Bytes expected = kernels::encode(c.graph.values.back(), c.inputs[0]);
  const auto layout = kernels::activation_layout(c.graph.values.back().type.format, c.inputs[0].cols);
  const int64_t used = (layout.integers ? layout.sums_offset : layout.scales_offset) + 4 * layout.blocks;
  for (const Target& target : targets()) {
    for (const kernels::Variant& variant : kernels::variants_of(graph::Quantize{})) {
      if (!variant.supports(context_of(c, target.info)).ok) continue;
      const kernels::TrialResult got = run(c, target, variant.name);
      CHECK_MESSAGE(got.overrun.empty(), c.name << " on " << target.name << ": " << got.overrun);
      REQUIRE(got.outputs[0].size() == expected.size());
      for (int64_t row = 0; row < c.inputs[0].rows; ++row) {
        const auto from = expected.begin() + row * layout.row_bytes;
        const auto differ = std::mismatch(from, from + used, got.outputs[0].begin() + row * layout.row_bytes);
        CHECK_MESSAGE(differ.first == from + used, c.name << " on " << target.name << ": row " << row
                                                          << ", byte " << differ.first - from << " of "
                                                          << used);
      }
    }
  }
}

}  // namespace

TEST_CASE("quantize: bytes as the host's encoder makes them") {
  uint64_t seed = 700;
  for (const std::string_view format : graph::kActivationFormats) {
    for (const int64_t cols : {1, 31, 32, 96, 128, 144, 333, 1536}) {
      check(quantize_case(std::string(format), 5, cols, ++seed));
      check_bytes(quantize_case(std::string(format), 7, cols, ++seed));
    }
  }
  summarise(graph::Quantize{}, {"the device does not convert E4M3"});
}

TEST_CASE("quantize: zeros, tiny and huge numbers, ties") {
  for (const std::string_view format : graph::kActivationFormats) {
    Case c = quantize_case(std::string(format), 8, 160, 5);
    graph::Array& x = c.inputs[0];
    for (int64_t col = 0; col < 160; ++col) {
      x.at(0, col) = 0;
      x.at(1, col) *= 1e-30f;
      x.at(2, col) *= 1e37f;
      x.at(3, col) = col % 2 == 0 ? 127 : static_cast<double>(col) + 0.5;
      x.at(4, col) = static_cast<double>(std::numeric_limits<float>::max()) / (1 + static_cast<double>(col));
      x.at(5, col) = col == 40 ? -1000.0 : x.at(5, col) * 1e-3;
    }
    x.at(3, 158) = 158.5;  // of bf16 a tie whose even neighbour is the lower one
    for (double& value : x.data) value = static_cast<double>(static_cast<float>(value));
    check_bytes(c);
  }
}

TEST_CASE("quantize: Inf and NaN stay in their block") {
  for (const std::string_view format : graph::kActivationFormats) {
    Case c = quantize_case(std::string(format), 3, 256, 6);
    c.inputs[0].at(0, 3) = std::numeric_limits<double>::quiet_NaN();
    c.inputs[0].at(1, 200) = std::numeric_limits<double>::infinity();
    check(c);
  }
}

TEST_CASE("a row of activations: where codes, scales and sums lie") {
  const auto integers = kernels::activation_layout("mxint8", 96);
  CHECK(integers.scales_offset == 128);
  CHECK(integers.blocks == 4);
  CHECK(integers.sums_offset == 144);
  CHECK(integers.row_bytes == 192);
  const auto e4m3 = kernels::activation_layout("fp8_e4m3_1x128", 129);
  CHECK(e4m3.scales_offset == 192);
  CHECK(e4m3.blocks == 2);
  CHECK(e4m3.row_bytes == 256);
  const auto bf16 = kernels::activation_layout("bf16", 65);
  CHECK(bf16.blocks == 0);
  CHECK(bf16.row_bytes == 256);
  CHECK_THROWS(kernels::activation_layout("q4_0", 32));
  CHECK_THROWS(kernels::activation_layout("mxint8", int64_t{1} << 31));
}

#include <doctest/doctest.h>

#include <algorithm>

#include "quant/format.h"
#include "tests/kernels/linear_case.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

Case expert_case(const std::string& weights, const std::string& activations, int64_t tokens, bool per_slot,
                 uint64_t seed) {
  constexpr int64_t kTopK = 2, kExperts = 5, kRows = 70, kCols = 256;
  std::mt19937_64 random(seed);
  graph::Builder builder("expert_linear");
  const int64_t x_cols = per_slot ? kCols * kTopK : kCols;
  const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, x_cols, activations});
  const auto ids = builder.input("ids", {graph::DType::i32, graph::kTokens, kTopK});
  const auto w = builder.expert_weight("w", {"0", "1", "2", "3", "4"}, kExperts, kRows, kCols);
  const auto y = builder.add(graph::ExpertLinear{.per_slot = per_slot}, "y", {x, ids, w});
  Case c;
  c.graph = finish(builder, y, weights);
  c.sizes = {tokens, tokens, tokens};
  c.inputs = {normal(tokens, x_cols, random), integers(tokens, kTopK, 0, kExperts - 1, random),
              normal(kExperts * kRows, kCols, random)};
  c.name =
      weights + " x " + activations + " tokens=" + std::to_string(tokens) + (per_slot ? " per_slot" : "");
  c.seed = seed;
  return c;
}

/// Columns a format can hold: a multiple of its group.
int64_t fit(const quant::Format& format, int64_t cols) {
  return (cols + format.group_elems - 1) / format.group_elems * format.group_elems;
}

/// Formats of each way to lay out codes, scales and offsets.
const std::vector<std::string> kKinds = {"bf16", "fp8_e4m3_128x128", "mxint8", "int8_row", "q8_0", "q4_1",
                                         "q4_k"};

}  // namespace

TEST_CASE("linear, quantised x: every format of weights by every format of activations") {
  uint64_t seed = 100;
  for (const quant::Format& format : quant::device_formats()) {
    for (const std::string_view activations : graph::kActivationFormats) {
      // E4M3 and bf16 are decoded apart from the weights: those of every kind show it.
      const bool apart = activations == "fp8_e4m3_1x128" || activations == "bf16";
      if (apart && std::ranges::find(kKinds, format.name) == kKinds.end()) continue;
      for (LinearShape shape : {LinearShape{3, 33, 160}, LinearShape{67, 66, 352}}) {
        shape.cols = fit(format, shape.cols);
        ++seed;
        check(linear_case(std::string(format.name), std::string(activations), shape, seed % 2 == 0, seed));
      }
    }
  }
}

TEST_CASE("linear, quantised x: shapes round the edges of blocks, runs and tiles") {
  const LinearShape shapes[] = {{1, 1, 1},     {1, 7, 24},    {2, 31, 32},   {4, 17, 64},
                                {3, 33, 112},  {8, 65, 130},  {9, 64, 256},  {17, 63, 480},
                                {67, 129, 33}, {64, 64, 128}, {11, 200, 576}};
  uint64_t seed = 400;
  for (const std::string& name : kKinds) {
    for (LinearShape shape : shapes) {
      shape.cols = fit(*quant::find_format(name), shape.cols);
      ++seed;
      check(linear_case(name, seed % 3 == 0 ? "fp8_e4m3_1x128" : "int8_g32", shape, seed % 2 == 0, seed));
    }
  }
}

TEST_CASE("expert_linear, quantised x: shared and per slot, few tokens and many") {
  uint64_t seed = 600;
  for (const std::string& name : kKinds) {
    for (const std::string activations : {"fp8_e4m3_1x128", "int8_g32"}) {
      for (const int64_t tokens : {1, 5, 40}) {
        ++seed;
        check(expert_case(name, activations, tokens, seed % 2 == 0, seed));
        check(expert_case(name, activations, tokens, seed % 2 == 1, seed));
      }
    }
  }
}

TEST_CASE("linear, quantised x, few tokens: a token's bits do not depend on the other tokens") {
  for (const std::string& name : kKinds) {
    for (const std::string activations : {"fp8_e4m3_1x128", "int8_g32"}) {
      const Case together = linear_case(name, activations, {7, 37, 1280}, true, 5);
      for (const Target& target : targets()) {
        for (const kernels::Variant& variant : kernels::variants_of(graph::Linear{})) {
          if (!variant.supports(context_of(together, target.info)).ok) continue;
          const auto all = run(together, target, variant.name).outputs[0];
          for (const int64_t t : {int64_t{0}, int64_t{6}}) {
            Case alone = linear_case(name, activations, {1, 37, 1280}, true, 5);
            alone.inputs = together.inputs;
            alone.inputs[0] = graph::Array(1, 1280);
            std::copy_n(together.inputs[0].row(t), 1280, alone.inputs[0].row(0));
            const auto one = run(alone, target, variant.name).outputs[0];
            CHECK_MESSAGE(
                std::equal(one.begin(), one.end(), all.begin() + t * static_cast<ptrdiff_t>(one.size())),
                variant.name << " on " << target.name << ", " << together.name << ", token " << t);
          }
        }
      }
    }
  }
}

TEST_CASE("linear, quantised x: integers where both sides are, floats where one is not") {
  const Target lanes = targets().back();
  const auto support = [&](const Case& c, std::string_view name) {
    for (const kernels::Variant& variant : kernels::variants_of(graph::Linear{}))
      if (variant.name == name) return variant.supports(context_of(c, lanes.info)).reason;
    return std::string("no variant has this name");
  };
  CHECK(support(linear_case("q4_1", "mxint8", {1, 4, 64}, false, 1), "linear/dot_rows").empty());
  CHECK(support(linear_case("q4_1", "mxint8", {9, 4, 64}, false, 1), "linear/dot_tile").empty());
  CHECK(support(linear_case("q4_1", "fp8_e4m3_1x128", {1, 4, 64}, false, 1), "linear/dot_rows") ==
        "for int8 activations");
  CHECK(support(linear_case("nvfp4", "mxint8", {1, 4, 64}, false, 1), "linear/dot_rows") ==
        "weights in nvfp4 are not integers with a step for 32");
  CHECK(support(linear_case("int8_row", "mxint8", {1, 4, 33}, false, 1), "linear/dot_rows") ==
        "its columns are no multiple of 32");
}

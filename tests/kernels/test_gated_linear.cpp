#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "host/kernels/row_tiles.h"
#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

struct Shape {
  int64_t tokens;
  int64_t rows;
  int64_t cols;
};

Case gated_case(const std::string& weights, const std::string& activations, const graph::Glu& op,
                const Shape& s, int64_t row_group = 1) {
  const auto seed = static_cast<uint64_t>(s.tokens * 31 + s.rows * 7 + s.cols);
  std::mt19937_64 random(seed);
  graph::Builder builder("gated");
  const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, s.cols, activations});
  const auto gate = builder.weight("gate", s.rows, s.cols);
  const auto up = builder.weight("up", s.rows, s.cols);
  Case c;
  c.inputs = {normal(s.tokens, s.cols, random), normal(s.rows, s.cols, random),
              normal(s.rows, s.cols, random)};
  // Gates of every size: few open wholly or not at all.
  for (double& value : c.inputs[1].data) value /= std::sqrt(static_cast<double>(s.cols));
  c.graph = finish(builder, builder.add(op, "y", {x, gate, up}), weights);
  for (const auto id : {gate, up}) std::get<graph::Weight>(c.graph.value(id).source).row_group = row_group;
  c.sizes = {s.tokens, s.tokens, s.tokens};
  c.name = weights + " x " + activations + " to " + op.format + " tokens=" + std::to_string(s.tokens) +
           " rows=" + std::to_string(s.rows) + " cols=" + std::to_string(s.cols);
  c.seed = seed;
  return c;
}

}  // namespace

TEST_CASE("glu of two matrices: every activation and format of results, ragged sizes") {
  using graph::Activation;
  for (const Activation activation : {Activation::silu, Activation::gelu_tanh, Activation::sigmoid}) {
    check(gated_case("bf16", "", {.activation = activation, .format = "mxint8"}, {3, 33, 64}));
    check(gated_case("fp8_e4m3_128x128", "fp8_e4m3_1x128",
                     {.activation = activation, .format = "fp8_e4m3_1x128"}, {2, 129, 257}));
    check(gated_case("int8_g32", "int8_g32", {.activation = activation, .format = "int8_g32"}, {9, 64, 96}));
  }
  summarise(graph::Glu{}, {"gate and up are matrices", "for more than 8 tokens", "for up to 8 tokens",
                           "for weights in fp8_e4m3_128x128 and activations in fp8_e4m3_1x128"});
}

TEST_CASE("glu of two matrices: tiles of E4M3, whole and ragged, cut and not") {
  using graph::Activation;
  const graph::Glu op{.format = "fp8_e4m3_1x128"};
  const std::string weights = "fp8_e4m3_128x128";
  const int64_t tile = kernels::kTileRows;
  check(gated_case(weights, op.format, op, {9, 128, 1024}, tile));
  if (std::ranges::none_of(targets(), [](const Target& t) { return t.info.probes.wgmma; })) return;
  for (const Shape& s : {Shape{1, 128, 1024}, Shape{1, 2304, 1152}, Shape{3, 384, 4096}, Shape{8, 1024, 1024},
                         Shape{64, 384, 2048}, Shape{200, 256, 1152}, Shape{333, 2176, 1024}})
    check(gated_case(weights, op.format, op, s, tile));
  for (const Activation activation : {Activation::gelu_tanh, Activation::sigmoid})
    check(gated_case(weights, op.format, {.activation = activation, .format = op.format}, {70, 256, 1024},
                     tile));
}

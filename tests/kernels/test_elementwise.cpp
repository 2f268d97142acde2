#include <doctest/doctest.h>

#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

constexpr double kExtremes[] = {0.0, -0.0, 1e-30, 20.0, 88.0, 1000.0, -20.0, -87.0, -89.0, -1000.0};
constexpr int64_t kCols[] = {1, 15, 16, 17, 31, 64, 576, 1023, 1024, 1031, 7168};

/// Why variants of results in formats of activations refuse: test_rounded.cpp.
constexpr const char* kRounded = "for results in a format of activations";

graph::Type tokens_of(int64_t cols) {
  return {graph::DType::f32, graph::kTokens, cols};
}

template <typename Op>
Case binary_case(const Op& op, int64_t tokens, int64_t left_cols, int64_t right_cols, uint64_t seed) {
  std::mt19937_64 random(seed);
  graph::Builder b("binary");
  const auto left = b.input("left", tokens_of(left_cols));
  const auto right = b.input("right", tokens_of(right_cols));
  Case c;
  c.graph = finish(b, b.add(op, "y", {left, right}));
  c.sizes = {tokens, tokens, tokens};
  c.inputs = {normal(tokens, left_cols, random), normal(tokens, right_cols, random)};
  c.name = "tokens=" + std::to_string(tokens) + " cols=" + std::to_string(left_cols) + "," +
           std::to_string(right_cols);
  c.seed = seed;
  return c;
}

/// x f32[tokens, cols] alone.
template <typename Op>
Case unary_case(const Op& op, int64_t tokens, int64_t cols, uint64_t seed) {
  std::mt19937_64 random(seed);
  graph::Builder b("unary");
  Case c;
  c.graph = finish(b, b.add(op, "y", {b.input("x", tokens_of(cols))}));
  c.sizes = {tokens, tokens, tokens};
  c.inputs = {normal(tokens, cols, random)};
  c.name = "tokens=" + std::to_string(tokens) + " cols=" + std::to_string(cols);
  c.seed = seed;
  return c;
}

/// Far from zero mean, `heads` rows of weight (and bias) for heads * groups groups.
Case layer_norm_case(int64_t tokens, int64_t heads, int64_t groups, int64_t group_cols, bool bias,
                     uint64_t seed, bool unit_offset = false) {
  std::mt19937_64 random(seed);
  graph::Builder b("layer_norm");
  const int64_t cols = heads * groups * group_cols;
  std::vector<graph::ValueId> inputs = {b.input("x", tokens_of(cols)), b.vector("weight", group_cols, heads)};
  if (bias) inputs.push_back(b.vector("bias", group_cols, heads));
  Case c;
  c.graph = finish(b, b.add(graph::LayerNorm{1e-5f, unit_offset}, "y", inputs));
  c.sizes = {tokens, tokens, tokens};
  c.inputs = {normal(tokens, cols, random), normal(heads, group_cols, random)};
  for (double& x : c.inputs[0].data) x += 3;
  if (bias) c.inputs.push_back(normal(heads, group_cols, random));
  c.name = "tokens=" + std::to_string(tokens) + " heads=" + std::to_string(heads) + "x" +
           std::to_string(groups) + "x" + std::to_string(group_cols);
  c.seed = seed;
  return c;
}

Case norm_case(int64_t tokens, int64_t groups, int64_t group_cols, uint64_t seed, bool unit_offset = false,
               bool delta = false) {
  std::mt19937_64 random(seed);
  graph::Builder b("rms_norm");
  const auto x = b.input("x", tokens_of(groups * group_cols));
  const auto weight = b.vector("weight", group_cols);
  std::vector<graph::ValueId> operands = {x, weight};
  if (delta) operands.push_back(b.input("delta", tokens_of(groups * group_cols)));
  Case c;
  c.graph = finish(b, b.add(graph::RmsNorm{1e-5f, unit_offset}, "y", operands));
  c.sizes = {tokens, tokens, tokens};
  c.inputs = {normal(tokens, groups * group_cols, random), normal(1, group_cols, random)};
  if (delta) c.inputs.push_back(normal(tokens, groups * group_cols, random));
  c.name = (delta ? "a sum, tokens=" : "tokens=") + std::to_string(tokens) +
           " groups=" + std::to_string(groups) + "x" + std::to_string(group_cols);
  c.seed = seed;
  return c;
}

}  // namespace

TEST_CASE("rms_norm: whole rows and heads") {
  uint64_t seed = 1000;
  for (const int64_t cols : kCols) {
    ++seed;
    check(norm_case(1 + static_cast<int64_t>(seed % 5), 1, cols, seed));
  }
  for (const int64_t cols : {16, 24, 64, 128}) check(norm_case(3, 9, cols, ++seed));
  for (const int64_t cols : {24, 1031}) check(norm_case(3, 2, cols, ++seed, true));
  for (const int64_t cols : {1, 17, 64, 576, 4096, 7169}) check(norm_case(3, 1, cols, ++seed, false, true));
  summarise(graph::RmsNorm{}, {kRounded});
}

TEST_CASE("rms_norm: eps decides rows of zeros and of tiny values") {
  Case c = norm_case(2, 1, 64, 7);
  for (int64_t i = 0; i < 64; ++i) {
    c.inputs[0].at(0, i) = 0.0;
    c.inputs[0].at(1, i) *= 0x1p-20;
  }
  check(c);
}

TEST_CASE("add") {
  uint64_t seed = 1100;
  for (const int64_t cols : kCols) check(binary_case(graph::Add{}, 1 + cols % 4, cols, cols, ++seed));
  check(binary_case(graph::Add{}, 40, 2049, 2049, ++seed));
  for (const int64_t cols : {17, 1031}) check(binary_case(graph::Add{-0.22f}, 5, cols, cols, ++seed));
  summarise(graph::Add{});
}

TEST_CASE("glu, also where exp overflows or vanishes") {
  uint64_t seed = 1200;
  for (const int64_t cols : kCols) {
    Case c = binary_case(graph::Glu{}, 1 + cols % 4, cols, cols, ++seed);
    for (int64_t i = 0; i < cols && cols > 15; ++i) c.inputs[0].at(0, i) = kExtremes[i % 10];
    check(c);
  }
  summarise(graph::Glu{}, {kRounded, "gate and up are no matrices"});
}

TEST_CASE("add of one row to all") {
  for (const int64_t tokens : {1, 6}) {
    std::mt19937_64 random(7);
    graph::Builder b("row");
    Case c;
    c.graph = finish(b, b.add(graph::Add{}, "y", {b.input("x", tokens_of(1031)), b.vector("row", 1031)}));
    c.sizes = {tokens, tokens, tokens};
    c.inputs = {normal(tokens, 1031, random), normal(1, 1031, random)};
    check(c);
  }
}

TEST_CASE("layer_norm: whole rows, and heads with weights of their own") {
  uint64_t seed = 1500;
  for (const int64_t cols : kCols) {
    ++seed;
    check(layer_norm_case(1 + cols % 4, 1, 1, cols, seed % 2 == 0, seed));
  }
  for (const int64_t heads : {1, 4}) {
    for (const int64_t cols : {16, 24, 128}) check(layer_norm_case(3, heads, 2, cols, heads == 4, ++seed));
  }
  check(layer_norm_case(3, 1, 1, 1031, true, ++seed, true));
  summarise(graph::LayerNorm{});
}

TEST_CASE("pointwise: every function, also far out") {
  uint64_t seed = 1600;
  using graph::Function;
  for (const Function function : {Function::scale, Function::clamp, Function::softcap, Function::sigmoid,
                                  Function::gelu_tanh, Function::relu_squared}) {
    for (const int64_t cols : {int64_t{1}, int64_t{31}, int64_t{1031}}) {
      Case c = unary_case(graph::Pointwise{function, 0.7f}, 1 + cols % 4, cols, ++seed);
      for (int64_t i = 0; i < cols && cols > 15; ++i) c.inputs[0].at(0, i) = kExtremes[i % 10];
      check(c);
    }
  }
  summarise(graph::Pointwise{});
}

TEST_CASE("glu: gelu_tanh, and slots that hold gate and up") {
  uint64_t seed = 1650;
  for (const graph::Activation activation : {graph::Activation::silu, graph::Activation::gelu_tanh}) {
    for (const int64_t width : {1, 17, 64, 1031}) {
      check(binary_case(graph::Glu{activation}, 3, width, width, ++seed));
      Case c = unary_case(graph::Glu{activation, width}, 3, 2 * 3 * width, ++seed);
      for (int64_t i = 0; i < 2 * 3 * width && width > 15; ++i) c.inputs[0].at(0, i) = kExtremes[i % 10];
      check(c);
    }
  }
}

/// Positions around the first step, and far beyond.
TEST_CASE("position_scale") {
  uint64_t seed = 1680;
  for (const bool steps : {false, true}) {
    for (const int64_t cols : {1, 17, 1031}) {
      std::mt19937_64 random(++seed);
      graph::Builder b("position_scale");
      Case c;
      const auto x = b.input("x", tokens_of(cols));
      const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
      const graph::PositionScale op{.factor = 0.4f, .length = 16, .shift = 1, .steps = steps};
      c.graph = finish(b, b.add(op, "y", {x, positions}));
      c.sizes = {40, 40, 40};
      c.inputs = {normal(40, cols, random), graph::Array(40, 1)};
      for (int64_t r = 0; r < 40; ++r) c.inputs[1].at(r, 0) = static_cast<double>(r < 39 ? r : 1 << 20);
      check(c);
    }
  }
  summarise(graph::PositionScale{});
}

TEST_CASE("glu: clamped, gate and up in turn") {
  uint64_t seed = 1690;
  for (const bool interleaved : {false, true}) {
    for (const int64_t width : {1, 17, 64, 1031}) {
      graph::Glu op{.width = width, .interleaved = interleaved};
      if (seed % 2 == 0) op.limit = 1.5f, op.alpha = 1.702f, op.up_offset = 1.0f;
      Case c = unary_case(op, 3, 2 * 3 * width, ++seed);
      for (int64_t i = 0; i < 2 * 3 * width && width > 15; ++i) c.inputs[0].at(0, i) = kExtremes[i % 10];
      check(c);
    }
  }
  check(
      binary_case(graph::Glu{.activation = graph::Activation::gelu_tanh, .limit = 0.5f}, 3, 65, 65, ++seed));
}

TEST_CASE("concat") {
  uint64_t seed = 1300;
  for (const int64_t cols : kCols)
    check(binary_case(graph::Concat{}, 1 + cols % 4, cols, cols % 97 + 1, ++seed));
  summarise(graph::Concat{});
}

TEST_CASE("expert_combine") {
  uint64_t seed = 1400;
  for (const int64_t cols : kCols) {
    const int64_t top_k = 1 + cols % 8;
    check(binary_case(graph::ExpertCombine{}, 1 + cols % 4, top_k * cols, top_k, ++seed));
  }
  summarise(graph::ExpertCombine{});
}

#include <doctest/doctest.h>

#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

constexpr int64_t kCols[] = {1, 15, 16, 17, 31, 64, 576, 1023, 1024, 1031, 7168};

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

Case norm_case(int64_t tokens, int64_t groups, int64_t group_cols, uint64_t seed) {
  std::mt19937_64 random(seed);
  graph::Builder b("rms_norm");
  const auto x = b.input("x", tokens_of(groups * group_cols));
  const auto weight = b.vector("weight", group_cols);
  Case c;
  c.graph = finish(b, b.add(graph::RmsNorm{1e-5f}, "y", {x, weight}));
  c.sizes = {tokens, tokens, tokens};
  c.inputs = {normal(tokens, groups * group_cols, random), normal(1, group_cols, random)};
  c.name = "tokens=" + std::to_string(tokens) + " groups=" + std::to_string(groups) + "x" +
           std::to_string(group_cols);
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
  summarise(graph::RmsNorm{});
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
  summarise(graph::Add{});
}

TEST_CASE("glu, also where exp overflows or vanishes") {
  uint64_t seed = 1200;
  for (const int64_t cols : kCols) {
    Case c = binary_case(graph::Glu{}, 1 + cols % 4, cols, cols, ++seed);
    const double extremes[] = {0.0, -0.0, 1e-30, 20.0, 88.0, 1000.0, -20.0, -87.0, -89.0, -1000.0};
    for (int64_t i = 0; i < cols && cols > 15; ++i) c.inputs[0].at(0, i) = extremes[i % 10];
    check(c);
  }
  summarise(graph::Glu{});
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

#include <doctest/doctest.h>

#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

Case head_case(const std::string& format, int64_t tokens, graph::HeadLinear op, uint64_t seed) {
  std::mt19937_64 random(seed);
  graph::Builder builder("head_linear");
  const int64_t x_cols = op.heads * (op.in_dim + op.tail_dim);
  const int64_t cols = op.transposed ? op.out_dim : op.in_dim;
  const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, x_cols});
  const auto w = builder.weight("w", op.heads * op.row_stride, cols);
  const auto y = builder.add(op, "y", {x, w});
  Case c;
  c.graph = finish(builder, y, format);
  c.sizes = {tokens, tokens, tokens};
  c.inputs = {normal(tokens, x_cols, random), normal(op.heads * op.row_stride, cols, random)};
  c.name = format + " tokens=" + std::to_string(tokens);
  for (const auto& [key, value] : op.attributes()) c.name.append(" ").append(key).append("=").append(value);
  c.seed = seed;
  return c;
}

}  // namespace

TEST_CASE("head_linear: plain and transposed, tails, slices of heads") {
  uint64_t seed = 300;
  for (const std::string format : {"f32", "fp8_e4m3_128x128", "q8_0"}) {
    for (const int64_t tokens : {1, 3, 4, 8, 21}) {
      check(head_case(format, tokens, {3, 64, 40, 8, 90, 50, false}, ++seed));
      check(head_case(format, tokens, {3, 40, 64, 8, 90, 50, true}, ++seed));
      check(head_case(format, tokens, {2, 128, 17, 0, 33, 0, false}, ++seed));
      check(head_case(format, tokens, {2, 17, 160, 0, 33, 16, true}, ++seed));
    }
  }
  for (const std::string format : {"f32", "fp8_e4m3_128x128"}) {  // ragged ends of rows
    check(head_case(format, 5, {4, 45, 24, 3, 24, 0, false}, ++seed));
    check(head_case(format, 5, {4, 24, 45, 3, 24, 0, true}, ++seed));
    check(head_case(format, 1, {1, 1, 1, 1, 1, 0, true}, ++seed));
  }
  summarise(graph::HeadLinear{});
}

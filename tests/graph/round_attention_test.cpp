#include "graph/passes/round_attention.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("round_attention: every attention, where bf16 or FP8 activations are asked for") {
  Builder builder("attention");
  const ValueId q = builder.input("q", {DType::f32, kTokens, 16});
  const ValueId keys = builder.cache("keys", 16, 16);
  const ValueId positions = builder.input("positions", {DType::i32, kTokens, 1});
  const Attention op{.heads = 1, .key_dim = 16, .value_dim = 16};
  const ValueId x = builder.add(op, "first", {q, keys, keys, positions});
  builder.output(builder.add(op, "second", {x, keys, keys, positions}), "y");
  Graph graph = builder.finish(0);
  CHECK(std::get<Attention>(graph.nodes[0].op) == op);
  CHECK(round_attention(graph) == 2);
  for (const Node& node : graph.nodes) {
    CHECK(std::get<Attention>(node.op).rounded);
    CHECK(std::get<Attention>(node.op).attributes().back() == Attributes::value_type{"rounded", "true"});
  }
  for (const char* format : {"bf16", "fp8_e4m3_1x128"}) CHECK(rounds_attention(format));
  for (const char* format : {"keep", "int8_g32", "mxint8"}) CHECK_FALSE(rounds_attention(format));
}

#include "graph/passes/join_residuals.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {

/// Two sums with norms: the first is read by two norms and the next sum, the second by one norm.
Graph residuals() {
  Builder b("residuals");
  const Type type{DType::f32, kTokens, 4};
  const ValueId x = b.input("x", type);
  const ValueId y = b.input("y", type);
  const ValueId weight = b.vector("weight", 4);
  const ValueId first = b.add(Add{}, "first", {x, y});
  const ValueId early = b.add(RmsNorm{}, "early", {first, weight});
  const ValueId late = b.add(RmsNorm{}, "late", {first, weight});
  const ValueId scaled = b.add(Add{0.5f}, "scaled", {early, late});
  const ValueId alone = b.add(RmsNorm{}, "alone", {scaled, weight});
  const ValueId second = b.add(Add{}, "second", {first, alone});
  b.output(b.add(RmsNorm{}, "end", {second, weight}), "out");
  return b.finish(0);
}

std::vector<std::string> names(const Graph& graph) {
  std::vector<std::string> result;
  for (const Node& node : graph.nodes) result.push_back(node.name);
  return result;
}

}  // namespace

TEST_CASE("join_residuals: the first norm of a plain sum adds it up") {
  Graph graph = residuals();
  CHECK(join_residuals(graph) == 2);
  CHECK(names(graph) == std::vector<std::string>{"early", "late", "scaled", "alone", "end"});
  CHECK(graph.nodes[0].outputs.size() == 2);
  CHECK(graph.nodes[1].outputs.size() == 1);
  CHECK(graph.nodes[4].inputs.size() == 3);
  CHECK(join_residuals(graph) == 0);
}

TEST_CASE("join_residuals: not a row under every row") {
  Builder b("row");
  const ValueId x = b.input("x", {DType::f32, kTokens, 4});
  const ValueId sum = b.add(Add{}, "sum", {x, b.vector("row", 4)});
  b.output(b.add(RmsNorm{}, "norm", {sum, b.vector("weight", 4)}), "out");
  Graph graph = b.finish(0);
  CHECK(join_residuals(graph) == 0);
}

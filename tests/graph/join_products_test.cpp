#include "graph/passes/join_products.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {

/// Products a, b, c of q, b perhaps of something else, and their sums.
Graph block(bool other_x, bool bias) {
  Builder b("block");
  const ValueId x = b.input("x", {DType::f32, kTokens, 32});
  const ValueId q = b.add(Quantize{"int8_g32"}, "q", {x});
  std::vector<ValueId> of_b = {other_x ? x : q, b.weight("b.weight", 32, 32)};
  if (bias) of_b.push_back(b.vector("b.bias", 32));
  const ValueId first = b.add(Linear{}, "a", {q, b.weight("a.weight", 64, 32)});
  const ValueId second = b.add(Linear{}, "b", of_b);
  const ValueId sum = b.add(Add{}, "sum", {x, second});
  const ValueId third = b.add(Linear{}, "c", {q, b.weight("c.weight", 96, 32)});
  b.output(first, "first");
  b.output(sum, "second");
  b.output(third, "third");
  return b.finish(0);
}

int64_t saved(Graph graph) {
  return join_products(graph, [](const Value&, const Type&) { return true; });
}

}  // namespace

TEST_CASE("join_products: steps of the same x become one, those with a bias or another x stay") {
  CHECK(saved(block(false, false)) == 2);
  CHECK(saved(block(true, false)) == 1);
  CHECK(saved(block(false, true)) == 1);
  Graph graph = block(false, false);
  CHECK(join_products(graph, [](const Value& matrix, const Type& x) {
          return matrix.name != "a.weight" && x.format == "int8_g32";
        }) == 1);
}

TEST_CASE("join_products: the first has all matrices and results in order") {
  Graph graph = block(false, false);
  const size_t before = graph.nodes.size();
  join_products(graph, [](const Value&, const Type&) { return true; });
  CHECK(graph.nodes.size() == before - 2);
  const Node& all = graph.nodes[1];
  CHECK(all.name == "a");
  REQUIRE(all.inputs.size() == 4);
  REQUIRE(all.outputs.size() == 3);
  for (size_t i = 0; i < 3; ++i) {
    const Weight& weight = *graph.value(all.inputs[1 + i]).weight();
    CHECK(weight.tensors.front() == std::string(1, "abc"[i]) + ".weight");
    CHECK(graph.value(all.outputs[i]).type.cols == weight.rows);
    CHECK(graph.value(all.outputs[i]).source == decltype(Value::source)(Result{1}));
  }
}

TEST_CASE("join_products: a step has no more matrices than its op takes") {
  Builder b("many");
  const ValueId x = b.input("x", {DType::f32, kTokens, 32});
  for (int i = 0; i < 9; ++i) {
    const std::string name = "p" + std::to_string(i);
    b.output(b.add(Linear{}, name, {x, b.weight(name + ".weight", 32, 32)}), name + " out");
  }
  Graph graph = b.finish(0);
  CHECK(join_products(graph, [](const Value&, const Type&) { return true; }) == 7);
  REQUIRE(graph.nodes.size() == 2);
  CHECK(graph.nodes[0].outputs.size() == 7);
  CHECK(graph.nodes[1].outputs.size() == 2);
}

TEST_CASE("join_products: not what does not suit") {
  Graph graph = block(false, false);
  CHECK(join_products(graph, [](const Value&, const Type&) { return false; }) == 0);
  CHECK(graph.nodes.size() == 5);
}

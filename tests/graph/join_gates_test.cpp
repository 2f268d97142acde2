#include "graph/passes/join_gates.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {

/// What keeps two linear layers and their gated unit apart.
struct Block {
  bool shown = false;   ///< the gate's result is an output too
  bool others = false;  ///< up reads another x
  float limit = 0;
  bool bias = false;
  std::string format = "int8_g32";  ///< of the gated unit's result
};

Graph block(const Block& form) {
  Builder b("block");
  const ValueId x = b.input("x", {DType::f32, kTokens, 32});
  const ValueId other = b.add(Add{}, "other", {x, x});
  const ValueId q = b.add(Quantize{"int8_g32"}, "q", {x});
  const ValueId r = b.add(Quantize{"int8_g32"}, "r", {other});
  std::vector<ValueId> of_gate = {q, b.weight("gate.weight", 64, 32)};
  if (form.bias) of_gate.push_back(b.vector("gate.bias", 64));
  const ValueId gate = b.add(Linear{}, "gate", of_gate);
  const ValueId up = b.add(Linear{}, "up", {form.others ? r : q, b.weight("up.weight", 64, 32)});
  const ValueId y = b.add(Glu{.limit = form.limit, .format = form.format}, "glu", {gate, up});
  b.output(b.add(Linear{}, "down", {y, b.weight("down.weight", 32, 64)}), "out");
  b.output(other, "sum");
  if (form.shown) b.output(gate, "shown");
  return b.finish(0);
}

int64_t joined(const Block& form) {
  Graph graph = block(form);
  return join_gates(graph, [](const Value&, const Value&, const Type&) { return true; });
}

}  // namespace

TEST_CASE("join_gates: one step of three, where nothing else reads what lies between") {
  CHECK(joined({}) == 1);
  CHECK(joined({.shown = true}) == 0);
  CHECK(joined({.others = true}) == 0);
  CHECK(joined({.limit = 7}) == 0);
  CHECK(joined({.bias = true}) == 0);
  CHECK(joined({.format = ""}) == 0);
}

TEST_CASE("join_gates: the step has the matrices in order and the result that the gated unit had") {
  Graph graph = block({});
  const size_t before = graph.nodes.size();
  const bool only_first_asked =
      join_gates(graph, [](const Value& gate, const Value& up, const Type& x) {
        return gate.name == "gate.weight" && up.name == "up.weight" && x.format == "int8_g32";
      }) == 1;
  CHECK(only_first_asked);
  CHECK(graph.nodes.size() == before - 2);
  const Node& down = graph.nodes.back();
  const Node& step = graph.nodes[graph.nodes.size() - 2];
  CHECK(std::get<Glu>(step.op) == Glu{.format = "int8_g32"});
  CHECK(step.name == "glu");
  CHECK(down.inputs[0] == step.outputs[0]);
  CHECK(graph.value(step.inputs[1]).name == "gate.weight");
}

TEST_CASE("join_gates: not what does not suit") {
  Graph graph = block({});
  CHECK(join_gates(graph, [](const Value&, const Value&, const Type&) { return false; }) == 0);
}

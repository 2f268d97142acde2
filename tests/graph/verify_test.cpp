#include "graph/verify.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/graph/operands.h"
#include "tests/graph/tiny_llama.h"

using namespace clinfer::graph;

namespace {

/// The first node of that name, and the value of that name.
Node& node(Graph& graph, const std::string& name) {
  return *std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& n) { return n.name == name; });
}
ValueId id(const Graph& graph, const std::string& name) {
  const auto at = std::find_if(graph.values.begin(), graph.values.end(),
                               [&](const Value& value) { return value.name == name; });
  return static_cast<ValueId>(at - graph.values.begin());
}

/// What verify() says after `break_it` has changed a valid graph.
template <typename Change>
std::string verdict(const Change& break_it) {
  Graph graph = tiny_llama();
  break_it(graph);
  return error_of([&] { verify(graph); });
}

bool names(const std::string& verdict, const std::string& constraint) {
  INFO(verdict);
  return verdict.rfind("graph tiny, ", 0) == 0 && verdict.find(": " + constraint + ": ") != std::string::npos;
}

}  // namespace

TEST_CASE("verify accepts a valid graph") {
  CHECK(verdict([](Graph&) {}) == "");
}

TEST_CASE("verify G1") {
  CHECK(names(verdict([](Graph& g) { node(g, "0.q").inputs[0] = 1000; }), "G1"));
  CHECK(names(verdict([](Graph& g) { node(g, "0.q").outputs[0] = -1; }), "G1"));
  CHECK(names(verdict([](Graph& g) { g.outputs[0] = 1000; }), "G1"));
  CHECK(names(verdict([](Graph& g) { g.inputs[0] = -1; }), "G1"));
  CHECK(names(verdict([](Graph& g) { g.value(id(g, "0.k_append")).alias_of = 1000; }), "G1"));
}

TEST_CASE("verify G2") {
  const std::string said = verdict([](Graph& g) { node(g, "0.attn_add").inputs[0] = id(g, "1.attn_add"); });
  CHECK(said == "graph tiny, node 0.attn_add: G2: uses 1.attn_add before it is made");
  CHECK(names(verdict([](Graph& g) { node(g, "0.attn").inputs[1] = id(g, "1.v_append"); }), "G2"));
}

TEST_CASE("verify G3") {
  CHECK(names(verdict([](Graph& g) { node(g, "0.up").outputs = node(g, "0.gate").outputs; }), "G3"));
  CHECK(names(verdict([](Graph& g) { g.value(id(g, "0.q")).source = Result{0}; }), "G3"));
  const std::string orphan = verdict([](Graph& g) {
    g.values.push_back(g.value(id(g, "0.q")));
    g.values.back().name = "orphan";
  });
  CHECK(orphan == "graph tiny, value orphan: G3: no node makes it");
}

TEST_CASE("verify G4") {
  CHECK(verdict([](Graph& g) { g.value(id(g, "0.q_rope")).type.cols = 16; }) ==
        "graph tiny, node 0.q_rope: G4: makes f32[tokens, 8], but 0.q_rope is f32[tokens, 16]");
  CHECK(names(verdict([](Graph& g) { node(g, "0.q_rope").outputs.push_back(id(g, "logits")); }), "G4"));
  CHECK(names(verdict([](Graph& g) { std::get<Rope>(node(g, "0.q_rope").op).head_dim = 3; }), "G4"));
}

TEST_CASE("verify G5") {
  CHECK(verdict([](Graph& g) { node(g, "0.attn").inputs[1] = id(g, "0.k_append"); }) ==
        "graph tiny, node 0.attn: G5: uses 0.k_append after it was overwritten");
  CHECK(names(verdict([](Graph& g) { node(g, "0.v_append").inputs[0] = id(g, "0.kv"); }), "G5"));
  CHECK(names(verdict([](Graph& g) { g.value(id(g, "0.v_append")).alias_of = id(g, "0.k_append"); }), "G5"));
  CHECK(names(verdict([](Graph& g) { g.value(id(g, "0.v_append")).source = Cache{8, "f16"}; }), "G5"));
}

TEST_CASE("verify G6") {
  CHECK(verdict([](Graph& g) { node(g, "0.q").device = 1; }) ==
        "graph tiny, node 0.q: G6: is on device 1, its operand 0.attn_norm on device 0");
  CHECK(names(verdict([](Graph& g) { g.value(id(g, "0.q.weight")).device = 1; }), "G6"));
  CHECK(names(verdict([](Graph& g) { g.value(id(g, "logits")).device = 1; }), "G6"));
  CHECK(names(verdict([](Graph& g) {
                // A copy that stays on its device.
                node(g, "0.q").op = Copy{};
                node(g, "0.q").inputs.resize(1);
              }),
              "G6"));
}

TEST_CASE("verify accepts a copy between devices") {
  CHECK(verdict([](Graph& g) {
          node(g, "0.q").op = Copy{};
          node(g, "0.q").inputs.resize(1);
          node(g, "0.q").device = 1;
          g.value(id(g, "0.q")).device = 1;
        }) == "graph tiny, node 0.q_rope: G6: is on device 0, its operand 0.q on device 1");
}

TEST_CASE("verify G7") {
  CHECK(names(verdict([](Graph& g) { g.outputs.clear(); }), "G7"));
  CHECK(names(verdict([](Graph& g) { g.outputs.push_back(g.outputs[0]); }), "G7"));
  CHECK(names(verdict([](Graph& g) { g.outputs[0] = g.inputs[0]; }), "G7"));
  CHECK(names(verdict([](Graph& g) { g.inputs.pop_back(); }), "G7"));
  CHECK(names(verdict([](Graph& g) { g.inputs.push_back(g.inputs[0]); }), "G7"));
  CHECK(names(verdict([](Graph& g) { g.inputs.push_back(id(g, "norm.weight")); }), "G7"));
}

TEST_CASE("verify G8") {
  CHECK(names(verdict([](Graph& g) { g.value(id(g, "0.k")).name = "0.q"; }), "G8"));
  CHECK(names(verdict([](Graph& g) { g.value(id(g, "0.k")).name = ""; }), "G8"));
  CHECK(names(verdict([](Graph& g) { node(g, "0.k").name = "0.q"; }), "G8"));
  CHECK(names(verdict([](Graph& g) { node(g, "0.k").name = ""; }), "G8"));
}

TEST_CASE("verify G9") {
  CHECK(names(verdict([](Graph& g) { node(g, "0.q").stage = -2; }), "G9"));
  CHECK(names(verdict([](Graph& g) { node(g, "0.q").stage = 3; }), "G9"));
}

TEST_CASE("verify G10") {
  const auto weight = [](Graph& g) -> Weight& {
    return std::get<Weight>(g.value(id(g, "0.q.weight")).source);
  };
  CHECK(names(verdict([&](Graph& g) { weight(g).rows = 9; }), "G10"));
  CHECK(names(verdict([&](Graph& g) { weight(g).format = "fp9"; }), "G10"));
  CHECK(names(verdict([&](Graph& g) { weight(g).tensors.clear(); }), "G10"));
  CHECK(names(verdict([](Graph& g) { g.value(id(g, "inv_freq")).source = Constant{{1.0f}}; }), "G10"));
  CHECK(names(verdict([](Graph& g) { g.value(id(g, "0.kv")).source = Cache{9}; }), "G10"));
  CHECK(names(verdict([](Graph& g) { g.value(id(g, "0.kv")).source = Cache{8, "f17"}; }), "G10"));
}

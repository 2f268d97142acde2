#include "graph/print.h"

#include <doctest/doctest.h>

using namespace clinfer::graph;

namespace {

/// Every kind of operand, two devices, a name that needs escapes.
Graph sample() {
  Builder b("sample");
  const ValueId x = b.input("x", {DType::f32, kTokens, 4});
  const ValueId positions = b.input("positions", {DType::i32, kTokens, 1});
  b.stage(0);
  const ValueId q = b.add(Linear{}, "q", {x, b.weight("q.weight", 4, 4), b.vector("q.bias", 4)});
  const ValueId rotated =
      b.add(Rope{.head_dim = 4, .rope_dim = 2}, "rope", {q, positions, b.constant("inv_freq", {1.0f})});
  const ValueId kv = b.add(CacheAppend{}, "append", {b.cache("kv", 4), rotated, positions});
  const ValueId y = b.add(Slice{.width = 4}, "rows", {kv});
  b.stage(1);
  b.output(b.add(Router{.experts = 4}, "route", {y}), "expert");
  Graph graph = b.finish(1);
  std::get<Weight>(graph.values[2].source).format = "q8_0";
  return graph;
}

/// x + x on device 0, copied to device 1.
Graph on_two_devices() {
  Builder b("two");
  const ValueId x = b.input("x", {DType::f32, kTokens, 4});
  const ValueId y = b.add(Add{}, "y", {x, x});
  b.stage(1);
  b.output(b.add(Add{}, "y@1", {y, y}), "say \"hi\"\n");
  Graph graph = b.finish(1);
  graph.nodes[1].op = Copy{};
  graph.nodes[1].inputs = {y};
  graph.nodes[1].device = 1;
  graph.values[2].device = 1;
  return graph;
}

}  // namespace

TEST_CASE("print: text") {
  CHECK(to_text(sample()) ==
        "graph sample, 1 layers\n"
        "input %0 x : f32[tokens, 4]\n"
        "input %1 positions : i32[tokens, 1]\n"
        "%4 = linear %0, W(q.weight q8_0), V(q.bias) : f32[tokens, 4] @0\n"
        "%6 = rope %4, %1, C(inv_freq) {head_dim=4, offset=0, rope_dim=2, pairing=half, scale=1}"
        " : f32[tokens, 4] @0\n"
        "%8 = cache_append K(kv f32), %6, %1 {offset=0} : f32[context, 4] @0\n"
        "%9 = slice %8 {offset=0, width=4} : f32[context, 4] @0\n"
        "%10, %11 = router %9 {experts=4, top_k=1, groups=1, keep_groups=1, score=softmax,"
        " group_score=top2_sum, renormalise=true, scale=1} : i32[context, 1], f32[context, 1] @0\n"
        "output %10 expert\n");
}

TEST_CASE("print: dot") {
  CHECK(to_dot(on_two_devices()) == R"(digraph "two" {
  node [shape=box, style=filled];
  v0 [label="x", shape=oval, style=solid];
  v2 [label="say \"hi\"\n", shape=oval, style=solid];
  subgraph cluster_0 {
    label="embedding";
    n0 [label="add\ny\nf32[tokens, 4]", fillcolor=lightblue];
  }
  subgraph cluster_2 {
    label="head";
    n1 [label="copy\ny@1\nf32[tokens, 4]", fillcolor=palegreen];
  }
  v0 -> n0;
  v0 -> n0;
  n0 -> n1;
  n1 -> v2;
}
)");
}

TEST_CASE("print: json") {
  CHECK(to_json(on_two_devices()) ==
        R"({"name": "two", "stages": 1,)"
        "\n"
        R"("values": [{"name": "x", "type": "f32[tokens, 4]", "device": 0, "source": "input"},)"
        "\n"
        R"({"name": "y", "type": "f32[tokens, 4]", "device": 0, "source": "result", "node": 0},)"
        "\n"
        R"({"name": "say \"hi\"\u000a", "type": "f32[tokens, 4]", "device": 1, "source": "result", )"
        R"("node": 1}],)"
        "\n"
        R"("nodes": [{"op": "add", "name": "y", "inputs": [0, 0], "outputs": [1], "attributes": {}, )"
        R"("stage": -1, "device": 0},)"
        "\n"
        R"({"op": "copy", "name": "y@1", "inputs": [1], "outputs": [2], "attributes": {}, "stage": )"
        R"(1, "device": 1}],)"
        "\n"
        R"("inputs": [0],)"
        "\n"
        R"("outputs": [2]})"
        "\n");
}

TEST_CASE("print: json of weights, constants, caches and attributes") {
  const std::string json = to_json(sample());
  const auto has = [&](const std::string& part) { return json.find(part + "}") != std::string::npos; };
  CHECK(has(R"("source": "weight", "format": "q8_0", "experts": 1, "tensors": ["q.weight"])"));
  CHECK(has(R"("source": "weight", "format": "f32", "experts": 1, "tensors": ["q.bias"])"));
  CHECK(has(R"({"name": "inv_freq", "type": "f32[1, 1]", "device": 0, "source": "constant", "size": 1)"));
  CHECK(has(R"({"name": "kv", "type": "f32[context, 4]", "device": 0, "source": "cache", "format": "f32")"));
  CHECK(has(R"("device": 0, "source": "cache", "format": "f32", "alias_of": 7)"));
  CHECK(has(R"("inputs": [8], "outputs": [9], "attributes": {"offset": "0", "width": "4")"));
}

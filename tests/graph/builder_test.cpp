#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("builder: weights, vectors, constants and caches") {
  Builder b("g");
  const ValueId x = b.input("x", {DType::f32, kTokens, 4});
  const ValueId ids = b.input("ids", {DType::i32, kTokens, 2});
  const ValueId experts = b.expert_weight("experts", {"a", "b", "c"}, 3, 5, 4);
  const ValueId norm = b.vector("norm.weight", 4);
  b.stage(1);
  const ValueId normed = b.add(RmsNorm{}, "norm", {x, norm});
  b.output(b.add(ExpertLinear{}, "up", {normed, ids, experts}), "y");
  const Graph graph = b.finish(2);

  CHECK(graph.value(experts).type == Type{DType::f32, Dim{15}, 4});
  CHECK(graph.value(experts).weight()->tensors == std::vector<std::string>{"a", "b", "c"});
  CHECK(graph.value(norm).weight()->vector);
  CHECK(graph.value(norm).type == Type{DType::f32, kOneRow, 4});
  CHECK(graph.nodes[0].stage == 1);
  CHECK(graph.stages == 2);
  CHECK(graph.find("x") == x);
  CHECK(graph.value(graph.find("y")).type == Type{DType::f32, kTokens, 10});
  CHECK(graph.find("norm") == -1);
  CHECK(graph.operands(graph.nodes[0]) == std::vector<const Value*>{&graph.value(x), &graph.value(norm)});
}

TEST_CASE("builder: the same weight twice is one value, another of its name an error") {
  Builder b("g");
  CHECK(b.weight("w", 3, 4) == b.weight("w", 3, 4));
  CHECK(error_of([&] { b.weight("w", 4, 3); }) == "graph g: two values are named w");
}

TEST_CASE("builder: every result of a node is a value") {
  Builder b("g");
  const ValueId logits = b.input("logits", {DType::f32, kTokens, 8});
  const ValueId ids = b.add(Router{.experts = 8, .top_k = 2}, "router", {logits});
  const ValueId weights = b.result(ids, 1);
  b.output(weights, "weights");
  const Graph graph = b.finish(0);
  CHECK(graph.value(ids).name == "router");
  CHECK(graph.value(ids).type == Type{DType::i32, kTokens, 2});
  CHECK(graph.value(weights).type == Type{DType::f32, kTokens, 2});
  CHECK(graph.nodes[0].outputs == std::vector<ValueId>{ids, weights});
}

TEST_CASE("builder: a further result is named after its node") {
  Builder b("g");
  const ValueId logits = b.input("logits", {DType::f32, kTokens, 8});
  const ValueId ids = b.add(Router{.experts = 8, .top_k = 2}, "router", {logits});
  const ValueId weights = b.result(ids, 1);
  const ValueId scaled = b.add(Add{}, "twice", {weights, weights});
  b.output(scaled, "y");
  CHECK(error_of([&] { b.result(logits, 0); }) == "graph g: logits is made by no node");
  CHECK(b.finish(0).value(weights).name == "router.1");
}

TEST_CASE("builder: a written cache is an alias of the cache itself") {
  Builder b("g");
  const ValueId x = b.input("x", {DType::f32, kTokens, 4});
  const ValueId positions = b.input("positions", {DType::i32, kTokens, 1});
  const ValueId cache = b.cache("kv", 8);
  const ValueId first = b.add(CacheAppend{0}, "k", {cache, x, positions});
  const ValueId second = b.add(CacheAppend{4}, "v", {first, x, positions});
  b.output(b.add(Slice{0, 8}, "rows", {second}), "y");
  const Graph graph = b.finish(0);
  CHECK(graph.value(first).alias_of == cache);
  CHECK(graph.value(second).alias_of == cache);
  CHECK(graph.value(second).cache()->width == 8);
  CHECK(graph.value(cache).type == Type{DType::f32, kContext, 8});
}

TEST_CASE("builder: a fault names graph, node and constraint") {
  Builder b("g");
  const ValueId x = b.input("x", {DType::f32, kTokens, 4});
  CHECK(error_of([&] {
          b.add(Linear{}, "q", {x, b.weight("w", 3, 5)});
        }) ==
        "graph g, node q: linear C2: x has as many columns as the weight; found f32[tokens, 4], f32[3, 5]");
}

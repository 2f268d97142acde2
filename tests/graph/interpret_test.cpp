#include "graph/interpret.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"
#include "tests/graph/tiny_llama.h"

using namespace clinfer::graph;

namespace {

const std::vector<double> kIds = {3, 1, 4, 1, 5, 9, 2};

/// Logits of all tokens [begin, end), given that the earlier ones are in the cache.
Array logits(Interpreter& interpreter, int64_t begin, int64_t end) {
  const int64_t tokens = end - begin;
  Interpreter::Arrays inputs{
      {"ids", Array(tokens, 1)}, {"positions", Array(tokens, 1)}, {"wanted", Array(tokens, 1)}};
  for (int64_t t = 0; t < tokens; ++t) {
    inputs["ids"].at(t, 0) = kIds[static_cast<size_t>(begin + t)];
    inputs["positions"].at(t, 0) = static_cast<double>(begin + t);
    inputs["wanted"].at(t, 0) = static_cast<double>(t);
  }
  return interpreter.run(inputs, {.tokens = tokens, .outputs = tokens, .context = end}).at("logits");
}

/// x -> x W^T, the one weight given by the test.
Graph one_linear() {
  Builder b("one");
  const ValueId x = b.input("x", {DType::f32, kTokens, 2});
  b.output(b.add(Linear{}, "q", {x, b.weight("w", 1, 2)}), "y");
  return b.finish(0);
}

std::string run_one(const Interpreter::Arrays& inputs, const WeightProvider& weights) {
  const Graph graph = one_linear();
  return error_of([&] { Interpreter(graph, weights).run(inputs, {}); });
}

}  // namespace

TEST_CASE("interpret: a linear node") {
  const Graph graph = one_linear();
  Interpreter interpreter(graph, [](const Value&) {
    return std::make_shared<Array>(matrix(1, 2, {10, 100}));
  });
  const auto outputs = interpreter.run({{"x", matrix(2, 2, {1, 2, 3, 4})}}, {.tokens = 2});
  CHECK(outputs.at("y").data == std::vector<double>{210, 430});
}

TEST_CASE("interpret: step by step with a cache equals all at once") {
  const Graph graph = tiny_llama();
  Interpreter whole(graph, formula_weights);
  const Array expected = logits(whole, 0, 7);
  Interpreter stepped(graph, formula_weights);
  std::vector<double> found;
  for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 3}, {3, 4}, {4, 5}, {5, 7}}) {
    const Array part = logits(stepped, begin, end);
    found.insert(found.end(), part.data.begin(), part.data.end());
  }
  CHECK(found == expected.data);
}

TEST_CASE("interpret: earlier tokens count, later ones do not, and reset forgets") {
  const Graph graph = tiny_llama();
  Interpreter interpreter(graph, formula_weights);
  const Array seven = logits(interpreter, 0, 7);
  interpreter.reset();
  const Array four = logits(interpreter, 0, 4);
  CHECK(std::equal(four.data.begin(), four.data.end(), seven.data.begin()));

  const double before = logits(interpreter, 3, 4).at(0, 0);
  interpreter.reset();
  CHECK(logits(interpreter, 3, 4).at(0, 0) != before);
}

TEST_CASE("interpret: faults of inputs and weights are named") {
  const WeightProvider right = [](const Value&) { return std::make_shared<Array>(1, 2); };
  const Interpreter::Arrays x{{"x", Array(1, 2)}};
  CHECK(run_one(x, right) == "");
  CHECK(run_one({}, right) == "graph one: no input x");
  CHECK(run_one({{"x", Array(2, 2)}}, right) == "input x: expected [1, 2], found [2, 2] with 4 elements");
  CHECK(run_one({{"x", Array(1, 2)}, {"z", Array(1, 1)}}, right) == "graph one has no input named z");
  CHECK(run_one(x, [](const Value&) { return nullptr; }) ==
        "graph one, node q: weight w: the provider has none");
  CHECK(run_one(x, [](const Value&) { return std::make_shared<Array>(2, 2); }) ==
        "graph one, node q: weight w: expected [1, 2], found [2, 2] with 4 elements");
}

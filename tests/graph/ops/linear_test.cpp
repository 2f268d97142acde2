#include "graph/ops/linear.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("linear") {
  // Five columns, so that the tail behind a group of four counts.
  const Array x = matrix(2, 5, {1, 2, 3, 4, 5, 1, 0, 0, 0, 0});
  const Array weight = matrix(2, 5, {1, 1, 1, 1, 1, 2, 0, 0, 0, -1});
  CHECK(evaluate(Linear{}, {x, weight}, 2, 2) == std::vector<double>{15, -3, 1, 2});
  CHECK(evaluate(Linear{}, {x, weight, matrix(1, 2, {100, 200})}, 2, 2) ==
        std::vector<double>{115, 197, 101, 202});
  CHECK(Linear{}.infer(OperandList().result(kTokens, 5).weight(2, 5).vector(2)) ==
        std::vector<Type>{{DType::f32, kTokens, 2}});
}

TEST_CASE("linear cost") {
  const auto in = OperandList().result(kTokens, 64).weight(32, 64);
  const Cost cost = Linear{}.cost(in, {.tokens = 3});
  CHECK(cost.flops == 2 * 3 * 32 * 64);
  CHECK(cost.bytes == 4 * (3 * 64 + 32 * 64 + 3 * 32));
}

TEST_CASE("linear C1") {
  CHECK(violates("linear C1", Linear{}, OperandList().ids(kTokens, 5).weight(2, 5)));
  CHECK(violates("linear C1", Linear{}, OperandList().result(kTokens, 5).result(kTokens, 5)));
  CHECK(violates("linear C1", Linear{}, OperandList().result(kTokens, 5).weight(2, 5, 3)));
}

TEST_CASE("linear C2") {
  CHECK(violates("linear C2", Linear{}, OperandList().result(kTokens, 5).weight(2, 6)));
  CHECK(error_of([] { Linear{}.infer(OperandList().result(kTokens, 5).weight(2, 6)); }) ==
        "linear C2: x has as many columns as the weight; found f32[tokens, 5], f32[2, 6]");
}

TEST_CASE("linear C3") {
  CHECK(violates("linear C3", Linear{}, OperandList().result(kTokens, 5).weight(2, 5).vector(3)));
  CHECK(violates("linear C3", Linear{}, OperandList().result(kTokens, 5).weight(2, 5).result(kTokens, 2)));
}

#include "graph/ops/layer_norm.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("layer_norm") {
  // mean 4, variance 9, and 9 + 7 = 4^2
  const LayerNorm op{.eps = 7};
  CHECK(evaluate(op, {matrix(1, 2, {1, 7}), matrix(1, 2, {4, 8}), matrix(1, 2, {0, 1})}, 1, 2) ==
        std::vector<double>{-3, 7});
  CHECK(op.infer(OperandList().result(kTokens, 8).vector(4)) == std::vector<Type>{{DType::f32, kTokens, 8}});
}

TEST_CASE("layer_norm gives each head its row of the weight") {
  const LayerNorm op{.eps = 0};
  const Array x = matrix(1, 8, {0, 2, 5, 7, 1, 3, 2, 4});
  CHECK(evaluate(op, {x, matrix(2, 2, {1, 1, 10, 20})}, 1, 8) ==
        std::vector<double>{-1, 1, -10, 20, -1, 1, -10, 20});
}

TEST_CASE("layer_norm C1") {
  CHECK(violates("layer_norm C1", LayerNorm{}, OperandList().ids(kTokens, 8).vector(8)));
}

TEST_CASE("layer_norm C2") {
  CHECK(violates("layer_norm C2", LayerNorm{}, OperandList().result(kTokens, 8).vector(3)));
  CHECK(violates("layer_norm C2", LayerNorm{}, OperandList().result(kTokens, 8).weight(3, 4)));
  CHECK(violates("layer_norm C2", LayerNorm{}, OperandList().result(kTokens, 8).result(kTokens, 8)));
}

TEST_CASE("layer_norm C3") {
  CHECK(violates("layer_norm C3", LayerNorm{}, OperandList().result(kTokens, 8).vector(8).vector(4)));
}

TEST_CASE("layer_norm C4") {
  CHECK(violates("layer_norm C4", LayerNorm{.eps = -1}, OperandList().result(kTokens, 8).vector(8)));
}

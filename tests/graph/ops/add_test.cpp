#include "graph/ops/add.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("add") {
  CHECK(evaluate(Add{}, {matrix(1, 2, {1, 2}), matrix(1, 2, {10, -2})}, 1, 2) == std::vector<double>{11, 0});
  const auto in = OperandList().result(kTokens, 8).result(kTokens, 8);
  CHECK(Add{}.infer(in) == std::vector<Type>{{DType::f32, kTokens, 8}});
  const Cost cost = Add{}.cost(in, {.tokens = 2});
  CHECK(cost.flops == 16);
  CHECK(cost.bytes == 3 * 2 * 8 * 4);
}

TEST_CASE("add scales its second operand, which may be one row for all") {
  const Array a = matrix(2, 2, {1, 2, 3, 4});
  CHECK(evaluate(Add{0.5f}, {a, matrix(2, 2, {2, 4, 6, 8})}, 2, 2) == std::vector<double>{2, 4, 6, 8});
  CHECK(evaluate(Add{}, {a, matrix(1, 2, {10, 20})}, 2, 2) == std::vector<double>{11, 22, 13, 24});
  CHECK(Add{}.infer(OperandList().result(kTokens, 8).vector(8)) ==
        std::vector<Type>{{DType::f32, kTokens, 8}});
}

TEST_CASE("add C0") {
  CHECK(violates("add C0", Add{}, OperandList().result(kTokens, 8)));
}

TEST_CASE("add C1") {
  CHECK(violates("add C1", Add{}, OperandList().result(kTokens, 8).result(kTokens, 9)));
  CHECK(violates("add C1", Add{}, OperandList().result(kTokens, 8).result(kOutputs, 8)));
  CHECK(violates("add C1", Add{}, OperandList().result(kTokens, 8).vector(9)));
  CHECK(violates("add C1", Add{}, OperandList().ids(kTokens, 8).ids(kTokens, 8)));
}

#include "graph/ops/concat.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("concat") {
  const auto y = evaluate(Concat{}, {matrix(2, 1, {1, 2}), matrix(2, 2, {3, 4, 5, 6})}, 2, 3);
  CHECK(y == std::vector<double>{1, 3, 4, 2, 5, 6});
  CHECK(Concat{}.infer(OperandList().result(kTokens, 1).result(kTokens, 2)) ==
        std::vector<Type>{{DType::f32, kTokens, 3}});
}

TEST_CASE("concat C1") {
  CHECK(violates("concat C1", Concat{}, OperandList().result(kTokens, 1).result(kOutputs, 2)));
  CHECK(violates("concat C1", Concat{}, OperandList().result(kTokens, 1).ids(kTokens)));
}

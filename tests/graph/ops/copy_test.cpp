#include "graph/ops/copy.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("copy") {
  CHECK(evaluate(Copy{}, {matrix(1, 2, {1, 2})}, 1, 2) == std::vector<double>{1, 2});
  CHECK(Copy{}.infer(OperandList().ids(kTokens)) == std::vector<Type>{{DType::i32, kTokens, 1}});
}

TEST_CASE("copy C1") {
  CHECK(violates("copy C1", Copy{}, OperandList().weight(2, 2)));
  CHECK(violates("copy C1", Copy{}, OperandList().cache(2)));
}

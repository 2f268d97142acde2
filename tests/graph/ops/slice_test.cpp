#include "graph/ops/slice.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("slice") {
  const Slice op{.offset = 1, .width = 2};
  CHECK(evaluate(op, {matrix(2, 4, {0, 1, 2, 3, 4, 5, 6, 7})}, 2, 2) == std::vector<double>{1, 2, 5, 6});
  CHECK(op.infer(OperandList().cache(4)) == std::vector<Type>{{DType::f32, kContext, 2}});
}

TEST_CASE("slice reads the rows of its result from a larger cache") {
  CHECK(evaluate(Slice{.offset = 0, .width = 1}, {matrix(3, 1, {7, 8, 9})}, 2, 1) ==
        std::vector<double>{7, 8});
}

TEST_CASE("slice C1") {
  const auto in = OperandList().result(kTokens, 4);
  CHECK(violates("slice C1", Slice{.offset = -1, .width = 1}, in));
  CHECK(violates("slice C1", Slice{.offset = 0, .width = 0}, in));
  CHECK(violates("slice C1", Slice{.offset = 3, .width = 2}, in));
}

TEST_CASE("slice of parts") {
  const Slice op{.offset = 1, .width = 2, .parts = 2, .stride = 4};
  CHECK(evaluate(op, {matrix(1, 8, {0, 1, 2, 3, 4, 5, 6, 7})}, 1, 4) == std::vector<double>{1, 2, 5, 6});
  CHECK(op.infer(OperandList().result(kTokens, 7)) == std::vector<Type>{{DType::f32, kTokens, 4}});
  CHECK(violates("slice C1", op, OperandList().result(kTokens, 6)));
  CHECK(violates("slice C2", op, OperandList().cache(8)));
}

#include "graph/ops/select_rows.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("select_rows") {
  const Array x = matrix(3, 2, {1, 2, 3, 4, 5, 6});
  CHECK(evaluate(SelectRows{}, {x, matrix(2, 1, {2, 0})}, 2, 2) == std::vector<double>{5, 6, 1, 2});
  CHECK(SelectRows{}.infer(OperandList().result(kTokens, 8).ids(kOutputs)) ==
        std::vector<Type>{{DType::f32, kOutputs, 8}});
  CHECK(error_of([&] {
          evaluate(SelectRows{}, {x, matrix(1, 1, {3})}, 1, 2);
        }) == "select_rows: row 3 is not in [0, 3)");
}

TEST_CASE("select_rows C1") {
  CHECK(violates("select_rows C1", SelectRows{}, OperandList().ids(kTokens).ids(kOutputs)));
}

TEST_CASE("select_rows C2") {
  CHECK(violates("select_rows C2", SelectRows{}, OperandList().result(kTokens, 8).result(kOutputs, 1)));
  CHECK(violates("select_rows C2", SelectRows{}, OperandList().result(kTokens, 8).ids(kOutputs, 2)));
}

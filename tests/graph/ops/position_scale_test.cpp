#include "graph/ops/position_scale.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("position_scale in steps") {
  // Positions 14 and 15 lie on both sides of a step: (p + 1) / 16 reaches 1 at 15.
  const PositionScale op{.factor = 0.5f, .length = 16, .shift = 1, .steps = true};
  const auto y = evaluate(op, {matrix(3, 1, {2, 2, -4}), matrix(3, 1, {14, 15, 47})}, 3, 1);
  CHECK(y[0] == 2);
  CHECK(y[1] == doctest::Approx(2 * (1 + 0.5 * std::log(2.0))).epsilon(1e-15));
  CHECK(y[2] == doctest::Approx(-4 * (1 + 0.5 * std::log(4.0))).epsilon(1e-15));
}

TEST_CASE("position_scale without steps is one up to its length") {
  const PositionScale op{.factor = 0.1f, .length = 8, .shift = 1};
  const auto y = evaluate(op, {matrix(3, 1, {3, 3, 3}), matrix(3, 1, {0, 7, 15})}, 3, 1);
  CHECK(y[0] == 3);
  CHECK(y[1] == 3);
  CHECK(y[2] == doctest::Approx(3 * (1 + 0.1f * std::log(2.0))).epsilon(1e-15));
}

TEST_CASE("position_scale constraints") {
  const PositionScale op;
  CHECK(op.infer(OperandList().result(kTokens, 8).ids(kTokens)) ==
        std::vector<Type>{{DType::f32, kTokens, 8}});
  CHECK(violates("position_scale C1", op, OperandList().ids(kTokens).ids(kTokens)));
  CHECK(violates("position_scale C2", op, OperandList().result(kTokens, 8).ids(kTokens, 2)));
  CHECK(violates("position_scale C2", op, OperandList().result(kTokens, 8).ids(kOutputs)));
  CHECK(violates("position_scale C3", PositionScale{.length = 0},
                 OperandList().result(kTokens, 8).ids(kTokens)));
}

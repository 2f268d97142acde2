#include "graph/ops/glu.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("glu") {
  // silu(0) = 0, silu(1) = 1 / (1 + e^-1) = 0.7310585786300049
  const auto y = evaluate(Glu{}, {matrix(1, 3, {0, 1, -100}), matrix(1, 3, {5, 2, 1})}, 1, 3);
  CHECK(y[0] == 0);
  CHECK(y[1] == doctest::Approx(2 * 0.7310585786300049).epsilon(1e-15));
  CHECK(y[2] == doctest::Approx(0));
  CHECK(Glu{}.infer(OperandList().result(kTokens, 8).result(kTokens, 8)) ==
        std::vector<Type>{{DType::f32, kTokens, 8}});
}

TEST_CASE("glu C1") {
  CHECK(violates("glu C1", Glu{}, OperandList().result(kTokens, 8).result(kTokens, 4)));
  CHECK(violates("glu C1", Glu{}, OperandList().ids(kTokens).ids(kTokens)));
}

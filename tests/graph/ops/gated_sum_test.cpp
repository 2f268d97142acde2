#include "graph/ops/gated_sum.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("gated_sum weighs branches by a gate a head") {
  // Gates of 1/2 and 3/4 for the first branch's heads, 1/4 and 1/2 for the second's.
  const Array gates = matrix(1, 4, {0, std::log(3.0), -std::log(3.0), 0});
  const auto y = evaluate(GatedSum{2}, {gates, matrix(1, 4, {2, 4, 4, 8}), matrix(1, 4, {4, 8, 2, 4})}, 1, 4);
  const double expected[] = {1 + 1, 2 + 2, 3 + 1, 6 + 2};
  for (size_t i = 0; i < 4; ++i) CHECK(y[i] == doctest::Approx(expected[i]));
}

TEST_CASE("gated_sum C1 and C2") {
  const auto two = OperandList().result(kTokens, 4).result(kTokens, 6).result(kTokens, 6);
  CHECK(GatedSum{2}.infer(two) == std::vector<Type>{{DType::f32, kTokens, 6}});
  CHECK(GatedSum{2}.cost(two, {.tokens = 3}).flops == 2 * 3 * 6 * 2);
  CHECK(violates("gated_sum C1", GatedSum{2},
                 OperandList().result(kTokens, 4).result(kTokens, 6).result(kTokens, 8)));
  CHECK(violates("gated_sum C1", GatedSum{4}, two));
  CHECK(violates("gated_sum C2", GatedSum{3}, two));
}

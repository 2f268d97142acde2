#include "graph/ops/expert_combine.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("expert_combine") {
  // Two experts of two columns: 0.5 * (1, 2) + 2 * (10, 20)
  const auto y = evaluate(ExpertCombine{}, {matrix(1, 4, {1, 2, 10, 20}), matrix(1, 2, {0.5, 2})}, 1, 2);
  CHECK(y == std::vector<double>{20.5, 41});
  CHECK(ExpertCombine{}.infer(OperandList().result(kTokens, 12).result(kTokens, 3)) ==
        std::vector<Type>{{DType::f32, kTokens, 4}});
}

TEST_CASE("expert_combine C1") {
  CHECK(
      violates("expert_combine C1", ExpertCombine{}, OperandList().result(kTokens, 12).result(kOutputs, 3)));
  CHECK(violates("expert_combine C1", ExpertCombine{}, OperandList().result(kTokens, 12).ids(kTokens, 3)));
}

TEST_CASE("expert_combine C2") {
  CHECK(violates("expert_combine C2", ExpertCombine{}, OperandList().result(kTokens, 12).result(kTokens, 5)));
}

#include "graph/ops/expert_linear.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {
/// Three experts of one row and two columns.
const Array kWeight = matrix(3, 2, {1, 1, 10, 20, 5, -5});
const Array kIds = matrix(2, 2, {2, 0, 1, 1});
}  // namespace

TEST_CASE("expert_linear") {
  const auto y = evaluate(ExpertLinear{}, {matrix(2, 2, {1, 2, 3, 4}), kIds, kWeight}, 2, 2);
  CHECK(y == std::vector<double>{-5, 3, 110, 110});
  CHECK(ExpertLinear{}.infer(OperandList().result(kTokens, 2).ids(kTokens, 2).weight(1, 2, 3)) ==
        std::vector<Type>{{DType::f32, kTokens, 2}});
}

TEST_CASE("expert_linear per_slot") {
  const auto y = evaluate(ExpertLinear{.per_slot = true},
                          {matrix(1, 4, {1, 2, 3, 4}), matrix(1, 2, {2, 0}), kWeight}, 1, 2);
  CHECK(y == std::vector<double>{-5, 7});
}

TEST_CASE("expert_linear adds a bias of each expert") {
  const Array bias = matrix(3, 1, {100, 200, 300});
  const auto y = evaluate(ExpertLinear{}, {matrix(2, 2, {1, 2, 3, 4}), kIds, kWeight, bias}, 2, 2);
  CHECK(y == std::vector<double>{295, 103, 310, 310});
}

TEST_CASE("expert_linear refuses an expert that does not exist") {
  CHECK(error_of([] {
          evaluate(ExpertLinear{}, {matrix(1, 2, {1, 2}), matrix(1, 1, {3}), kWeight}, 1, 1);
        }) == "expert_linear: expert 3 is not in [0, 3)");
}

TEST_CASE("expert_linear cost counts the matrices of the slots, at most all") {
  const auto in = OperandList().result(kTokens, 4).ids(kTokens, 2).weight(3, 4, 8);
  const Cost one = ExpertLinear{}.cost(in, {.tokens = 1});
  CHECK(one.flops == 2 * 2 * 3 * 4);
  CHECK(one.bytes == 4 * (4 + 2 + 2 * 3 * 4 + 2 * 3));
  CHECK(ExpertLinear{}.cost(in, {.tokens = 100}).bytes == 4 * (100 * 4 + 100 * 2 + 8 * 3 * 4 + 100 * 2 * 3));
}

TEST_CASE("expert_linear C1") {
  CHECK(violates("expert_linear C1", ExpertLinear{},
                 OperandList().result(kTokens, 2).ids(kOutputs, 2).weight(1, 2, 3)));
  CHECK(violates("expert_linear C1", ExpertLinear{},
                 OperandList().result(kTokens, 2).result(kTokens, 2).weight(1, 2, 3)));
}

TEST_CASE("expert_linear C2") {
  CHECK(violates("expert_linear C2", ExpertLinear{},
                 OperandList().result(kTokens, 2).ids(kTokens, 4).weight(1, 2, 3)));
  CHECK(violates("expert_linear C2", ExpertLinear{},
                 OperandList().result(kTokens, 2).ids(kTokens, 2).result(kTokens, 2)));
}

TEST_CASE("expert_linear C5") {
  const auto in = OperandList().result(kTokens, 2).ids(kTokens, 2).weight(1, 2, 3);
  CHECK(violates("expert_linear C5", ExpertLinear{}, OperandList(in).vector(1)));
}

TEST_CASE("expert_linear C3") {
  const auto in = OperandList().result(kTokens, 2).ids(kTokens, 2).weight(1, 2, 3);
  CHECK(violates("expert_linear C3", ExpertLinear{.per_slot = true}, in));
  CHECK(violates("expert_linear C3", ExpertLinear{},
                 OperandList().result(kTokens, 4).ids(kTokens, 2).weight(1, 2, 3)));
}

#include "graph/ops/causal_conv.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {

struct Outcome {
  std::vector<double> y;
  std::vector<double> state;
};

Outcome convolve(const CausalConv& op, const std::vector<Array>& operands) {
  std::vector<const Array*> in;
  for (const Array& array : operands) in.push_back(&array);
  Array y(operands[0].rows, operands[0].cols);
  Array state = operands[2];
  Array* const out[] = {&y, &state};
  op.reference(in, out);
  return {y.data, state.data};
}

OperandList operands() {
  return OperandList().result(kTokens, 8).weight(8, 4).state(3, 8).ids(kTokens);
}

}  // namespace

TEST_CASE("causal_conv") {
  const CausalConv op{.silu = false};
  const Array weight = matrix(1, 3, {1, 10, 100});
  const Array x = matrix(3, 1, {1, 2, 3});
  const Array old = matrix(2, 1, {7, 8});
  const Outcome later = convolve(op, {x, weight, old, matrix(3, 1, {5, 6, 7})});
  CHECK(later.y == std::vector<double>{187, 218, 321});
  CHECK(later.state == std::vector<double>{2, 3});
  const Outcome first = convolve(op, {x, weight, old, matrix(3, 1, {0, 1, 2}), matrix(1, 1, {1000})});
  CHECK(first.y == std::vector<double>{1100, 1210, 1321});
  const Outcome one = convolve(op, {matrix(1, 1, {9}), weight, old, matrix(1, 1, {5})});
  CHECK(one.state == std::vector<double>{8, 9});
  CHECK(convolve(CausalConv{}, {matrix(1, 1, {0.02}), weight, old, matrix(1, 1, {0})}).y[0] ==
        doctest::Approx(2 / (1 + std::exp(-2.0))));
  CHECK(op.infer(operands()) == std::vector<Type>{{DType::f32, kTokens, 8}, {DType::f32, Dim{3}, 8}});
}

TEST_CASE("causal_conv C1") {
  CHECK(violates("causal_conv C1", CausalConv{},
                 OperandList().result(kOutputs, 8).weight(8, 4).state(3, 8).ids(kTokens)));
}

TEST_CASE("causal_conv C2") {
  CHECK(violates("causal_conv C2", CausalConv{},
                 OperandList().result(kTokens, 8).weight(4, 8).state(3, 8).ids(kTokens)));
  CHECK(violates("causal_conv C2", CausalConv{},
                 OperandList().result(kTokens, 8).weight(8, 1).state(3, 8).ids(kTokens)));
}

TEST_CASE("causal_conv C3") {
  CHECK(violates("causal_conv C3", CausalConv{},
                 OperandList().result(kTokens, 8).weight(8, 4).state(4, 8).ids(kTokens)));
  CHECK(violates("causal_conv C3", CausalConv{},
                 OperandList().result(kTokens, 8).weight(8, 4).cache(8).ids(kTokens)));
}

TEST_CASE("causal_conv C4") {
  CHECK(violates("causal_conv C4", CausalConv{},
                 OperandList().result(kTokens, 8).weight(8, 4).state(3, 8).ids(kOutputs)));
}

TEST_CASE("causal_conv C5") {
  CHECK(violates("causal_conv C5", CausalConv{}, operands().vector(4)));
  CHECK_NOTHROW(CausalConv{}.infer(operands().vector(8)));
}

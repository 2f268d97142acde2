#include "graph/ops/decay_gate.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("decay_gate") {
  // softplus(ln(e^2 - 1)) = 2 and softplus(0) = ln 2; rates 1 and 3, two columns each.
  const double two = std::log(std::exp(2.0) - 1);
  const std::vector<double> y = evaluate(
      DecayGate{},
      {matrix(1, 4, {two - 1, -1, two, 0}), matrix(2, 1, {0, std::log(3.0)}), matrix(1, 4, {1, 1, 0, 0})}, 1,
      4);
  const double expected[] = {std::exp(-2.0), 0.5, std::exp(-6.0), 0.125};
  for (size_t i = 0; i < 4; ++i) CHECK(y[i] == doctest::Approx(expected[i]));
  CHECK(DecayGate{}.infer(OperandList().result(kTokens, 8).vector(2).vector(8)) ==
        std::vector<Type>{{DType::f32, kTokens, 8}});
}

TEST_CASE("decay_gate keeps all of the state for low x, none for high x") {
  const std::vector<double> y =
      evaluate(DecayGate{}, {matrix(1, 2, {-1000, 1000}), matrix(1, 1, {2}), matrix(1, 2, {0, 0})}, 1, 2);
  CHECK(y == std::vector<double>{1, 0});
}

TEST_CASE("decay_gate C1") {
  CHECK(violates("decay_gate C1", DecayGate{}, OperandList().ids(kTokens, 8).vector(2).vector(8)));
}

TEST_CASE("decay_gate C2") {
  CHECK(violates("decay_gate C2", DecayGate{}, OperandList().result(kTokens, 8).vector(3).vector(8)));
  CHECK(
      violates("decay_gate C2", DecayGate{}, OperandList().result(kTokens, 8).result(kTokens, 8).vector(8)));
}

TEST_CASE("decay_gate C3") {
  CHECK(violates("decay_gate C3", DecayGate{}, OperandList().result(kTokens, 8).vector(2).vector(2)));
}

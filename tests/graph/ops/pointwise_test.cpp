#include "graph/ops/pointwise.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {

std::vector<double> apply(Function function, float parameter, const std::vector<double>& x) {
  const auto size = static_cast<int64_t>(x.size());
  return evaluate(Pointwise{function, parameter}, {matrix(1, size, x)}, 1, size);
}

}  // namespace

TEST_CASE("pointwise functions") {
  CHECK(apply(Function::scale, 0.5f, {3, -4}) == std::vector<double>{1.5, -2});
  CHECK(apply(Function::clamp, 2, {-9, -1, 2.5}) == std::vector<double>{-2, -1, 2});
  const auto capped = apply(Function::softcap, 30, {15, -1e9});
  CHECK(capped[0] == doctest::Approx(30 * std::tanh(0.5)));
  CHECK(capped[1] == -30);
  const auto open = apply(Function::sigmoid, 1, {0, std::log(3.0)});
  CHECK(open[0] == 0.5);
  CHECK(open[1] == doctest::Approx(0.75));
  // x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) at 1
  CHECK(apply(Function::gelu_tanh, 1, {1, 0})[0] == doctest::Approx(0.8411919906082768).epsilon(1e-14));
  CHECK(apply(Function::relu_squared, 1, {-3, 0, 1.5}) == std::vector<double>{0, 0, 2.25});
  CHECK(Pointwise{}.infer(OperandList().result(kTokens, 8)) == std::vector<Type>{{DType::f32, kTokens, 8}});
}

TEST_CASE("pointwise C1") {
  CHECK(violates("pointwise C1", Pointwise{}, OperandList().ids(kTokens)));
}

TEST_CASE("pointwise C2") {
  for (const Function function : {Function::clamp, Function::softcap})
    CHECK(violates("pointwise C2", Pointwise{function, 0}, OperandList().result(kTokens, 8)));
  CHECK_NOTHROW(Pointwise{Function::scale, 0}.infer(OperandList().result(kTokens, 8)));
}

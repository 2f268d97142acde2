#include "graph/ops/glu.h"

#include <doctest/doctest.h>

#include <cmath>

#include "graph/ops/linear.h"
#include "graph/ops/quantize.h"
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

TEST_CASE("glu with gelu_tanh") {
  const auto y = evaluate(Glu{Activation::gelu_tanh}, {matrix(1, 2, {1, -100}), matrix(1, 2, {2, 1})}, 1, 2);
  CHECK(y[0] == doctest::Approx(2 * 0.8411919906082768).epsilon(1e-14));
  CHECK(y[1] == doctest::Approx(0));
}

TEST_CASE("glu of slots that hold gate and up in one operand") {
  const Glu op{.width = 2};
  const Array x = matrix(1, 8, {1, -1, 10, 20, 2, 0, 30, 40});
  const auto y = evaluate(op, {x}, 1, 4);
  const auto apart = evaluate(Glu{}, {matrix(1, 4, {1, -1, 2, 0}), matrix(1, 4, {10, 20, 30, 40})}, 1, 4);
  CHECK(y == apart);
  CHECK(op.infer(OperandList().result(kTokens, 8)) == std::vector<Type>{{DType::f32, kTokens, 4}});
}

TEST_CASE("glu of slots that hold gate and up in turn") {
  const Glu op{.width = 2, .interleaved = true};
  const auto y = evaluate(op, {matrix(1, 8, {1, 10, -1, 20, 2, 30, 0, 40})}, 1, 4);
  CHECK(y == evaluate(Glu{}, {matrix(1, 4, {1, -1, 2, 0}), matrix(1, 4, {10, 20, 30, 40})}, 1, 4));
}

TEST_CASE("glu clamped") {
  // gate 9 is cut to 7, -9 is not; up is cut to [-7, 7], then one is added.
  const Glu op{.limit = 7, .alpha = 1.702f, .up_offset = 1};
  const auto y = evaluate(op, {matrix(1, 3, {9, -9, 1}), matrix(1, 3, {10, -10, 2})}, 1, 3);
  const auto open = [](double g) { return g / (1 + std::exp(-static_cast<double>(1.702f) * g)); };
  CHECK(y[0] == doctest::Approx(open(7) * 8).epsilon(1e-14));
  CHECK(y[1] == doctest::Approx(open(-9) * -6).epsilon(1e-14));
  CHECK(y[2] == doctest::Approx(open(1) * 3).epsilon(1e-14));
}

TEST_CASE("glu C3") {
  const auto in = OperandList().result(kTokens, 8).result(kTokens, 8);
  CHECK(violates("glu C3", Glu{.limit = -1}, in));
  CHECK(violates("glu C3", Glu{.activation = Activation::gelu_tanh, .alpha = 2}, in));
}

TEST_CASE("glu C2") {
  CHECK(violates("glu C2", Glu{.interleaved = true}, OperandList().result(kTokens, 8).result(kTokens, 8)));
  CHECK(violates("glu C2", Glu{}, OperandList().result(kTokens, 8)));
  CHECK(violates("glu C2", Glu{.width = 4}, OperandList().result(kTokens, 8).result(kTokens, 8)));
  CHECK(violates("glu C2", Glu{.width = 3}, OperandList().result(kTokens, 8)));
}

TEST_CASE("glu C1") {
  CHECK(violates("glu C1", Glu{}, OperandList().result(kTokens, 8).result(kTokens, 4)));
  CHECK(violates("glu C1", Glu{}, OperandList().ids(kTokens).ids(kTokens)));
}

TEST_CASE("glu that rounds: as a Quantize behind it") {
  const Array gate = matrix(1, 3, {0, 1, -3});
  const Array up = matrix(1, 3, {5, 2, 1});
  Array plain(1, 3);
  plain.data = evaluate(Glu{}, {gate, up}, 1, 3);
  CHECK(evaluate(Glu{.format = "int8_g32"}, {gate, up}, 1, 3) ==
        evaluate(Quantize{"int8_g32"}, {plain}, 1, 3));
  const auto in = OperandList().result(kTokens, 64).result(kTokens, 64);
  const Glu op{.format = "mxint8"};
  CHECK(op.infer(in) == std::vector<Type>{{DType::f32, kTokens, 64, "mxint8"}});
  CHECK(op.cost(in, {.tokens = 2}).bytes == 2 * 2 * 64 * 4 + 2 * (64 + 2));
  CHECK(op.cost(in, {.tokens = 2}).flops == 8 * 2 * 64);
}

TEST_CASE("glu C4") {
  CHECK(violates("glu C4", Glu{.format = "q4_0"}, OperandList().result(kTokens, 8).result(kTokens, 8)));
}

TEST_CASE("glu of x and two matrices multiplies, gates and rounds") {
  const Array x = matrix(2, 3, {1, -2, 0.5, 0.25, 3, -1});
  const Array w = matrix(2, 3, {0.5, 1, -1, 2, 0.25, 0});
  const Array v = matrix(2, 3, {1, 0.5, 2, -3, 1, 1});
  for (const Activation activation : {Activation::silu, Activation::gelu_tanh, Activation::sigmoid}) {
    const Glu op{.activation = activation, .format = "int8_g32"};
    const Array gate = matrix(2, 2, evaluate(Linear{}, {x, w}, 2, 2));
    const Array up = matrix(2, 2, evaluate(Linear{}, {x, v}, 2, 2));
    CHECK(evaluate(op, {x, w, v}, 2, 2) == evaluate(op, {gate, up}, 2, 2));
  }
}

TEST_CASE("glu C5, and the cost of products") {
  const Glu op{.format = "mxint8"};
  const auto x = [] { return OperandList().result(kTokens, 64); };
  const auto in = x().weight(96, 64).weight(96, 64);
  CHECK(op.infer(in) == std::vector<Type>{{DType::f32, kTokens, 96, "mxint8"}});
  CHECK(op.cost(in, {.tokens = 3}).flops == 3 * 96 * (4 * 64 + 8));
  CHECK(violates("glu C5", op, x().weight(96, 64).weight(95, 64)));
  CHECK(violates("glu C5", op, x().weight(96, 64, 2).weight(96, 64, 2)));
  CHECK(violates("glu C5", op, x().result(kTokens, 64).result(kTokens, 64)));
  CHECK(violates("glu C5", op, x().weight(96, 32).weight(96, 32)));
  CHECK(violates("glu C5", Glu{}, x().weight(96, 64).weight(96, 64)));
  CHECK(violates("glu C5", Glu{.limit = 7, .format = "mxint8"}, x().weight(96, 64).weight(96, 64)));
}

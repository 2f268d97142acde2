#include "graph/ops/quantize.h"

#include <doctest/doctest.h>

#include "graph/ops/expert_linear.h"
#include "graph/ops/linear.h"
#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("quantize rounds each block of a row") {
  // 127 steps of 1 in the first block of 32; the second has a scale of its own.
  Array x(1, 40);
  x.at(0, 0) = 127;
  x.at(0, 1) = 2.4;
  x.at(0, 2) = -2.6;
  x.at(0, 39) = 0.3;
  const auto y = evaluate(Quantize{"int8_g32"}, {x}, 1, 40);
  CHECK(y[0] == 127);
  CHECK(y[1] == 2);
  CHECK(y[2] == -3);
  CHECK(y[39] == doctest::Approx(0.3));
}

TEST_CASE("quantize keeps shape and type, and says how rows are held") {
  const auto in = OperandList().result(kTokens, 64);
  const auto types = Quantize{"mxint8"}.infer(in);
  CHECK(types == std::vector<Type>{{DType::f32, kTokens, 64, "mxint8"}});
  CHECK(to_string(types[0]) == "mxint8[tokens, 64]");
  const Cost cost = Quantize{"mxint8"}.cost(in, {.tokens = 2});
  CHECK(cost.flops == 4 * 2 * 64);
  CHECK(cost.bytes == 2 * 64 * 4 + 2 * (64 + 2));
}

TEST_CASE("quantize C1, C2") {
  CHECK(violates("quantize C1", Quantize{"mxint8"}, OperandList().ids(kTokens, 1)));
  CHECK(violates("quantize C2", Quantize{"q4_0"}, OperandList().result(kTokens, 64)));
}

TEST_CASE("linear layers take quantised rows, and slots of whole blocks only") {
  const auto fp8 = [] { return OperandList().quantised(kTokens, 64, "fp8_e4m3_1x128"); };
  CHECK(Linear{}.infer(fp8().weight(3, 64)) == std::vector<Type>{{DType::f32, kTokens, 3}});
  CHECK(violates("quantize C1", Quantize{"mxint8"}, fp8()));
  const ExpertLinear op{.per_slot = true};
  CHECK(violates("expert_linear C4", op, fp8().ids(kTokens, 2).weight(3, 32, 4)));
  const auto int8 = OperandList().quantised(kTokens, 64, "int8_g32").ids(kTokens, 2).weight(3, 32, 4);
  CHECK(op.infer(int8) == std::vector<Type>{{DType::f32, kTokens, 6}});
}

#include "graph/ops/rms_norm.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("rms_norm") {
  // mean(3^2, 4^2) = 12.5, and 12.5 + 3.5 = 4^2
  const RmsNorm op{.eps = 3.5f};
  CHECK(evaluate(op, {matrix(1, 2, {3, 4}), matrix(1, 2, {4, 8})}, 1, 2) == std::vector<double>{3, 8});
  CHECK(op.infer(OperandList().result(kTokens, 8).vector(4)) == std::vector<Type>{{DType::f32, kTokens, 8}});
}

TEST_CASE("rms_norm norms each group of the weight's size alone") {
  const RmsNorm op{.eps = 0};
  const auto y = evaluate(op, {matrix(1, 4, {1, 1, 10, 10}), matrix(1, 2, {1, 2})}, 1, 4);
  CHECK(y == std::vector<double>{1, 2, 1, 2});
}

TEST_CASE("rms_norm with a weight that is its distance from one") {
  const RmsNorm op{.eps = 0, .unit_offset = true};
  CHECK(evaluate(op, {matrix(1, 2, {5, -5}), matrix(1, 2, {0, 2})}, 1, 2) == std::vector<double>{1, -3});
}

TEST_CASE("rms_norm of a sum, which is its second result") {
  const Array x = matrix(1, 2, {1, 7});
  const Array weight = matrix(1, 2, {4, 8});
  const Array delta = matrix(1, 2, {2, -3});
  Array y(1, 2);
  Array sum(1, 2);
  const Array* const in[] = {&x, &weight, &delta};
  Array* const out[] = {&y, &sum};
  RmsNorm{.eps = 3.5f}.reference(in, out);
  CHECK(y.data == std::vector<double>{3, 8});
  CHECK(sum.data == std::vector<double>{3, 4});
  const Type type = {DType::f32, kTokens, 8};
  CHECK(RmsNorm{}.infer(OperandList().result(kTokens, 8).vector(8).result(kTokens, 8)) ==
        std::vector<Type>{type, type});
}

TEST_CASE("rms_norm C1") {
  CHECK(violates("rms_norm C1", RmsNorm{}, OperandList().ids(kTokens, 8).vector(8)));
}

TEST_CASE("rms_norm C2") {
  CHECK(violates("rms_norm C2", RmsNorm{}, OperandList().result(kTokens, 8).vector(3)));
  CHECK(violates("rms_norm C2", RmsNorm{}, OperandList().result(kTokens, 8).result(kTokens, 8)));
}

TEST_CASE("rms_norm C3") {
  CHECK(violates("rms_norm C3", RmsNorm{.eps = -1}, OperandList().result(kTokens, 8).vector(8)));
}

TEST_CASE("rms_norm C4") {
  CHECK(violates("rms_norm C4", RmsNorm{}, OperandList().result(kTokens, 8).vector(8).result(kTokens, 4)));
}

TEST_CASE("rms_norm that rounds, and gives the sum and the plain result too") {
  const Array x = matrix(1, 2, {1, 7});
  const Array weight = matrix(1, 2, {4, 8.02});
  const Array delta = matrix(1, 2, {2, -3});
  Array y(1, 2);
  Array sum(1, 2);
  Array plain(1, 2);
  const Array* const in[] = {&x, &weight, &delta};
  Array* const out[] = {&y, &sum, &plain};
  const RmsNorm op{.eps = 3.5f, .format = "mxint8", .also_plain = true};
  op.reference(in, out);
  CHECK(sum.data == std::vector<double>{3, 4});
  CHECK(plain.data == std::vector<double>{3, 8.02});
  CHECK(y.data == std::vector<double>{3, 8});
  const auto operands = OperandList().result(kTokens, 32).vector(32).result(kTokens, 32);
  const Type type = {DType::f32, kTokens, 32};
  CHECK(op.infer(operands) == std::vector<Type>{{DType::f32, kTokens, 32, "mxint8"}, type, type});
  CHECK(op.cost(operands, {.tokens = 1}).flops == 9 * 32);
}

TEST_CASE("rms_norm C5") {
  const auto in = OperandList().result(kTokens, 8).vector(8);
  CHECK(violates("rms_norm C5", RmsNorm{.format = "q4_0"}, in));
  CHECK(violates("rms_norm C5", RmsNorm{.also_plain = true}, in));
}

#include "graph/ops/head_linear.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {
/// Two heads of three rows, two columns; the slice is the last two rows of each.
const Array kWeight = matrix(6, 2, {99, 99, 1, 2, 3, 4, 99, 99, 5, 6, 7, 8});
const HeadLinear kPlain{
    .heads = 2, .in_dim = 2, .out_dim = 2, .tail_dim = 1, .row_stride = 3, .row_offset = 1};

HeadLinear transposed() {
  HeadLinear op = kPlain;
  op.transposed = true;
  return op;
}
}  // namespace

TEST_CASE("head_linear") {
  // Head 0: (1, 2) by rows (1, 2), (3, 4); head 1: (1, 0) by rows (5, 6), (7, 8); tails -1 and -2.
  const Array x = matrix(1, 6, {1, 2, -1, 1, 0, -2});
  CHECK(evaluate(kPlain, {x, kWeight}, 1, 6) == std::vector<double>{5, 11, -1, 5, 7, -2});
  CHECK(evaluate(transposed(), {x, kWeight}, 1, 6) == std::vector<double>{7, 10, -1, 5, 6, -2});
  const auto in = OperandList().result(kTokens, 6).weight(6, 2);
  CHECK(kPlain.infer(in) == std::vector<Type>{{DType::f32, kTokens, 6}});
  CHECK(kPlain.cost(in, {.tokens = 1}).flops == 2 * 2 * 2 * 2);
  CHECK(kPlain.cost(in, {.tokens = 1}).bytes == doctest::Approx(4 * (6 + 8 + 6)));
}

TEST_CASE("head_linear C1") {
  CHECK(violates("head_linear C1", kPlain, OperandList().result(kTokens, 5).weight(6, 2)));
}

TEST_CASE("head_linear C2") {
  CHECK(violates("head_linear C2", kPlain, OperandList().result(kTokens, 6).weight(5, 2)));
  CHECK(violates("head_linear C2", kPlain, OperandList().result(kTokens, 6).result(kTokens, 2)));
}

TEST_CASE("head_linear C3") {
  HeadLinear op = kPlain;
  op.row_offset = 2;
  CHECK(violates("head_linear C3", op, OperandList().result(kTokens, 6).weight(6, 2)));
}

TEST_CASE("head_linear C4") {
  CHECK(violates("head_linear C4", kPlain, OperandList().result(kTokens, 6).weight(6, 3)));
  CHECK(violates("head_linear C4", transposed(), OperandList().result(kTokens, 6).weight(6, 3)));
}

#include "graph/ops/block_select.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {
/// Blocks of 4 tokens; row i stands for tokens 2i .. 2i + 3, so it lies in block i / 2 or across two.
const BlockSelect kOp{.stride = 2, .length = 4, .block = 4, .count = 2};

std::vector<double> importance(const BlockSelect& op, std::vector<double> keys, double position) {
  const Array q = matrix(1, 1, {1});
  const auto count = static_cast<int64_t>(keys.size());
  const Array rows = matrix(count, 1, std::move(keys));
  const Array at = matrix(1, 1, {position});
  const Array* const in[] = {&q, &rows, &at};
  return op.importance(in, 0, 0);
}
OperandList operands() {
  return OperandList().result(kTokens, 1).cache(1).ids(kTokens);
}
}  // namespace

TEST_CASE("block_select weighs a row by the strides it shares with a block") {
  // Position 9 sees rows 0 to 3 with weights 1, 2, 4, 1 of 8; row 1 lies across blocks 0 and 1, row 3 across
  // 1 and 2.
  std::vector<double> keys(12, 99.0);
  const double weights[] = {1, 2, 4, 1};
  for (size_t row = 0; row < 4; ++row) keys[row] = std::log(weights[row]);
  const auto scores = importance(kOp, keys, 9);
  REQUIRE(scores.size() == 3);
  CHECK(scores[0] == doctest::Approx((2 * 1 + 2) / 8.0));
  CHECK(scores[1] == doctest::Approx((2 + 2 * 4 + 1) / 8.0));
  CHECK(scores[2] == doctest::Approx(1 / 8.0));
}

TEST_CASE("block_select keeps the first and the last blocks") {
  const Array q = matrix(1, 1, {1});
  const Array keys = matrix(16, 1, {0, 0, 9, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const Array position = matrix(1, 1, {15});
  CHECK(evaluate(kOp, {q, keys, position}, 1, 2) == std::vector<double>{1, 2});
  BlockSelect fixed = kOp;
  fixed.count = 3;
  fixed.initial = fixed.local = 1;
  CHECK(evaluate(fixed, {q, keys, position}, 1, 3) == std::vector<double>{0, 1, 3});
  // Position 2 sees no compressed row and one block.
  CHECK(evaluate(fixed, {q, keys, matrix(1, 1, {2})}, 1, 3) == std::vector<double>{0, -1, -1});
}

TEST_CASE("block_select sums a group's heads and chooses for each group") {
  // Heads 0 and 1 share kv head 0; head 0 likes row 0 a little, head 1 row 4 much.
  const BlockSelect op{.heads = 4, .kv_heads = 2, .dim = 1, .stride = 4, .length = 4, .block = 4, .count = 1};
  const Array q = matrix(1, 4, {-1, 3, 0, 1});
  Array keys(20, 2);
  keys.at(4, 0) = 2;
  keys.at(3, 1) = 1;
  CHECK(evaluate(op, {q, keys, matrix(1, 1, {19})}, 1, 2) == std::vector<double>{4, 3});
}

TEST_CASE("block_select C1 to C4") {
  CHECK(kOp.infer(operands()) == std::vector<Type>{{DType::i32, kTokens, 2}});
  CHECK(kOp.cost(operands(), {.tokens = 1, .context = 8}).flops == 4 * (2 + 5 + 2));
  CHECK(violates("block_select C1", BlockSelect{.heads = 2}, operands()));
  CHECK(violates("block_select C2", kOp, OperandList().result(kTokens, 1).cache(2).ids(kTokens)));
  CHECK(violates("block_select C3", kOp, OperandList().result(kTokens, 1).cache(1).ids(kOutputs)));
  for (const BlockSelect& op : {BlockSelect{.stride = 3, .length = 4, .block = 6, .count = 1},
                                BlockSelect{.stride = 2, .length = 4, .block = 2, .count = 1},
                                BlockSelect{.count = 1, .initial = 1, .local = 1}})
    CHECK(violates("block_select C4", op, operands()));
}

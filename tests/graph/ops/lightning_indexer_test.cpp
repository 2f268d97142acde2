#include "graph/ops/lightning_indexer.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {
/// Two heads of one column; scores of the rows below are 3 relu(k) - relu(-k).
const LightningIndexer kOp{.heads = 2, .dim = 1, .count = 2};
const Array kQ = matrix(1, 2, {1, -1});
const Array kWeights = matrix(1, 2, {3, -1});

std::vector<double> chosen(const LightningIndexer& op, std::vector<double> keys, double position) {
  const auto rows = static_cast<int64_t>(keys.size());
  return evaluate(op, {kQ, matrix(rows, 1, std::move(keys)), kWeights, matrix(1, 1, {position})}, 1,
                  op.count);
}
OperandList operands() {
  return OperandList().result(kTokens, 2).cache(1).result(kTokens, 2).ids(kTokens);
}
}  // namespace

TEST_CASE("lightning_indexer takes the highest scores in rising order") {
  CHECK(chosen(kOp, {1, -5, 4, 2}, 3) == std::vector<double>{2, 3});
  // -5 scores -5, below 0.
  CHECK(chosen(kOp, {-5, 0, -1, 0}, 3) == std::vector<double>{1, 3});
}

TEST_CASE("lightning_indexer sees no row behind the position") {
  CHECK(chosen(kOp, {1, 2, 3, 9}, 2) == std::vector<double>{1, 2});
  CHECK(chosen(kOp, {1, 2, 3, 9}, 0) == std::vector<double>{0, -1});
}

TEST_CASE("lightning_indexer takes the lower of equal rows") {
  CHECK(chosen(kOp, {1, 2, 2, 2}, 3) == std::vector<double>{1, 2});
  CHECK(chosen({2, 1, 3}, {0, 0, 0, 7}, 3) == std::vector<double>{0, 1, 3});
}

TEST_CASE("lightning_indexer cost") {
  CHECK(kOp.cost(operands(), {.tokens = 2, .context = 5}).flops == 2 * 4.5 * (2 * 5 + 32));
}

TEST_CASE("lightning_indexer C1 to C4") {
  CHECK(kOp.infer(operands()) == std::vector<Type>{{DType::i32, kTokens, 2}});
  CHECK(violates("lightning_indexer C1", kOp,
                 OperandList().result(kTokens, 3).cache(1).result(kTokens, 2).ids(kTokens)));
  CHECK(violates("lightning_indexer C1", LightningIndexer{2, 1, 0}, operands()));
  CHECK(violates("lightning_indexer C2", kOp,
                 OperandList().result(kTokens, 2).cache(2).result(kTokens, 2).ids(kTokens)));
  CHECK(violates("lightning_indexer C3", kOp,
                 OperandList().result(kTokens, 2).cache(1).result(kTokens, 1).ids(kTokens)));
  CHECK(violates("lightning_indexer C4", kOp,
                 OperandList().result(kTokens, 2).cache(1).result(kTokens, 2).ids(kOutputs)));
}

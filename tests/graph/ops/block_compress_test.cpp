#include "graph/ops/block_compress.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {
const BlockCompress kOp{.heads = 2, .dim = 1, .stride = 1, .length = 2};
OperandList operands() {
  OperandList list;
  return list.cache(2).weight(2, 1).weight(3, 2).weight(1, 3).ids(kTokens);
}
}  // namespace

TEST_CASE("block_compress pools the rows of blocks that tokens complete") {
  const Array rows = matrix(3, 2, {1, 10, 2, 20, 3, 30});
  const Array embedding = matrix(2, 1, {0.5, -0.5});
  // hidden = [x0, relu(x1 - x0), relu(x0 - x1)]; y = hidden . (100, 10, 1)
  const Array w1 = matrix(3, 2, {1, 0, -1, 1, 1, -1});
  const Array w2 = matrix(1, 3, {100, 10, 1});
  const Array positions = matrix(3, 1, {0, 1, 2});
  const Array* const in[] = {&rows, &embedding, &w1, &w2, &positions};
  Array y(3, 2), at(3, 1);
  Array* const out[] = {&y, &at};
  kOp.reference(in, out);
  CHECK(at.data == std::vector<double>{-1, 0, 1});
  CHECK(y.data == std::vector<double>{0, 0, 150, 1050 + 90, 250, 2050 + 90});
}

TEST_CASE("block_compress completes a block every stride tokens") {
  const BlockCompress op{.stride = 2, .length = 6};
  CHECK(op.completed(4) == -1);
  CHECK(op.completed(5) == 0);
  CHECK(op.completed(6) == -1);
  CHECK(op.completed(7) == 1);
}

TEST_CASE("block_compress C1 to C4") {
  CHECK(kOp.infer(operands()) == std::vector<Type>{{DType::f32, kTokens, 2}, {DType::i32, kTokens, 1}});
  CHECK(kOp.cost(operands(), {.tokens = 4, .context = 8}).flops == 4 * 2 * 2 * 3 * 3);
  OperandList list;
  CHECK(violates("block_compress C1", BlockCompress{.heads = 3, .length = 2}, operands()));
  CHECK(violates("block_compress C2", BlockCompress{.heads = 2, .length = 3}, operands()));
  CHECK(
      violates("block_compress C3", kOp, list.cache(2).weight(2, 1).weight(3, 2).weight(1, 3).ids(kOutputs)));
  CHECK(violates("block_compress C4", BlockCompress{.heads = 2, .stride = 3, .length = 2}, operands()));
}

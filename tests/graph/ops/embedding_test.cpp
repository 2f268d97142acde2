#include "graph/ops/embedding.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("embedding") {
  const Array table = matrix(3, 2, {1, 2, 3, 4, 5, 6});
  CHECK(evaluate(Embedding{}, {matrix(2, 1, {2, 0}), table}, 2, 2) == std::vector<double>{5, 6, 1, 2});
  const auto in = OperandList().ids(kTokens).weight(100, 8);
  CHECK(Embedding{}.infer(in) == std::vector<Type>{{DType::f32, kTokens, 8}});
  CHECK(Embedding{}.cost(in, {.tokens = 2}).bytes == 2 * 4 + 2 * 8 * 4 + 2 * 8 * 4);
  CHECK(error_of([&] {
          evaluate(Embedding{}, {matrix(1, 1, {-1}), table}, 1, 2);
        }) == "embedding: token id -1 is not in [0, 3)");
}

TEST_CASE("embedding scales") {
  CHECK(evaluate(Embedding{3.0f}, {matrix(1, 1, {1}), matrix(2, 2, {1, 2, 3, 4})}, 1, 2) ==
        std::vector<double>{9, 12});
}

TEST_CASE("embedding C1") {
  CHECK(violates("embedding C1", Embedding{}, OperandList().result(kTokens, 1).weight(4, 8)));
  CHECK(violates("embedding C1", Embedding{}, OperandList().ids(kTokens, 2).weight(4, 8)));
}

TEST_CASE("embedding C2") {
  CHECK(violates("embedding C2", Embedding{}, OperandList().ids(kTokens).result(kTokens, 8)));
  CHECK(violates("embedding C2", Embedding{}, OperandList().ids(kTokens).weight(4, 8, 2)));
  CHECK(violates("embedding C2", Embedding{}, OperandList().ids(kTokens).vector(8)));
}

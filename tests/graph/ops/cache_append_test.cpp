#include "graph/ops/cache_append.h"

#include <doctest/doctest.h>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

TEST_CASE("cache_append") {
  const CacheAppend op{.offset = 1};
  const auto y =
      evaluate(op, {matrix(3, 2, {1, 2, 3, 4, 5, 6}), matrix(2, 1, {10, 20}), matrix(2, 1, {2, 0})}, 3, 2);
  CHECK(y == std::vector<double>{1, 20, 3, 4, 5, 10});
  const auto in = OperandList().cache(2).result(kTokens, 1).ids(kTokens);
  CHECK(op.infer(in) == std::vector<Type>{{DType::f32, kContext, 2}});
  // Two elements and positions read, two elements written, however long the context.
  CHECK(op.cost(in, {.tokens = 2, .context = 1000}).bytes == 2 * 4 + 2 * 4 + 2 * 4);
}

TEST_CASE("cache_append writes in place") {
  Array cache = matrix(2, 1, {1, 2});
  const Array x = matrix(1, 1, {7});
  const Array position = matrix(1, 1, {1});
  const Array* const in[] = {&cache, &x, &position};
  Array* const out[] = {&cache};
  CacheAppend{}.reference(in, out);
  CHECK(cache.data == std::vector<double>{1, 7});
}

TEST_CASE("cache_append C1") {
  CHECK(violates("cache_append C1", CacheAppend{},
                 OperandList().result(kContext, 2).result(kTokens, 1).ids(kTokens)));
}

TEST_CASE("cache_append C2") {
  const auto in = OperandList().cache(2).result(kTokens, 2).ids(kTokens);
  CHECK(violates("cache_append C2", CacheAppend{.offset = 1}, in));
  CHECK(violates("cache_append C2", CacheAppend{.offset = -1}, in));
}

TEST_CASE("cache_append C3") {
  CHECK(violates("cache_append C3", CacheAppend{}, OperandList().cache(2).result(kTokens, 1).ids(kOutputs)));
}

TEST_CASE("cache_append C4") {
  CHECK(violates("cache_append C4", CacheAppend{}, OperandList().cache(2).result(kOutputs, 1).ids(kTokens)));
}

#include "graph/ops/cache_append.h"

#include <doctest/doctest.h>

#include "graph/parameters.h"
#include "graph/passes/set_cache_format.h"
#include "graph/verify.h"
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

TEST_CASE("cache_append rounds groups of columns to the cache's format") {
  const Cache cache{32, "int8", 16};
  CacheAppend op{.stored = cache};
  Array x(1, 32);
  for (int64_t c = 0; c < 32; ++c) x.at(0, c) = c < 16 ? 127 * 0.25 - static_cast<double>(c) / 8 : 1e-3;
  const std::vector<double> y = evaluate(op, {Array(1, 32), x, matrix(1, 1, {0})}, 1, 32);
  // The first group's step is a quarter, the second's no part of it.
  CHECK(y[0] == 127 * 0.25);
  CHECK(y[1] == 126 * 0.25);  // a tie, to even
  CHECK(y[2] == 126 * 0.25);
  CHECK(y[3] == 126 * 0.25);
  CHECK(y[4] == 125 * 0.25);
  CHECK(y[16] == doctest::Approx(1e-3).epsilon(1e-6));
  // A plain f32 cache keeps double precision.
  CHECK(evaluate(CacheAppend{}, {Array(1, 1), matrix(1, 1, {0.1}), matrix(1, 1, {0})}, 1, 1)[0] == 0.1);
}

TEST_CASE("cache_append C5 and C6") {
  OperandList list;
  list.cache(Cache{48, "int8", 32, 16}).result(kTokens, 32).ids(kTokens);
  CHECK(violates("cache_append C5", CacheAppend{}, list));
  CHECK(violates("cache_append C5", CacheAppend{.stored = Cache{48, "f16", 32, 16}}, list));
  CHECK(violates("cache_append C6", CacheAppend{.offset = 8, .stored = Cache{48, "int8", 32, 16}}, list));
  CHECK_NOTHROW(CacheAppend{.stored = Cache{48, "int8", 32, 16}}.infer(list));
}

TEST_CASE("a format that cannot hold the heads is refused by its key") {
  Builder b("main");
  const ValueId x = b.input("x", {DType::f32, kTokens, 12});
  const ValueId positions = b.input("positions", {DType::i32, kTokens, 1});
  const ValueId cache = b.add(CacheAppend{}, "append", {b.cache("keys", 12, 12), x, positions});
  b.output(b.add(Slice{0, 12}, "read", {cache}), "y");
  Graph graph = b.finish(0);
  CHECK(error_of([&] { set_cache_format(graph, "int4"); }) ==
        "kv_cache.format int4: the model has heads of 12 columns, not a multiple of 8; choose f32, f16 or "
        "bf16");
  CHECK(error_of([&] { set_cache_format(graph, "q8_0"); }) ==
        "kv_cache.format \"q8_0\" must be one of f32, f16, bf16, fp8_e4m3, mxint8, int8, int4");
  CHECK(cache_bytes_per_token(graph, "int4") == std::nullopt);
  set_cache_format(graph, "bf16");
  CHECK_NOTHROW(verify(graph));
  CHECK(cache_bytes_per_token(graph) == 24);
}

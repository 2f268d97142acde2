#include "graph/ops/attention.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {
/// exp(score) is 1, 3 and 9 for keys 0, 1 and 2 when q is 1.
const double kLog3 = std::log(3.0);
const Array kKeys = matrix(3, 1, {0, kLog3, 2 * kLog3});
const Array kValues = matrix(3, 1, {13, 26, 39});

const Attention kGrouped{
    .heads = 4, .kv_heads = 2, .key_dim = 8, .value_dim = 8, .keys = {0, 8}, .values = {16, 8}};
OperandList grouped() {
  return OperandList().result(kTokens, 32).cache(32).cache(32).ids(kTokens);
}
}  // namespace

TEST_CASE("attention is causal") {
  const Array q = matrix(3, 1, {1, 1, 1});
  const auto y = evaluate(Attention{}, {q, kKeys, kValues, matrix(3, 1, {0, 1, 2})}, 3, 1);
  CHECK(y[0] == doctest::Approx(13));
  CHECK(y[1] == doctest::Approx((13 + 3 * 26) / 4.0));
  CHECK(y[2] == doctest::Approx((13 + 3 * 26 + 9 * 39) / 13.0));
}

TEST_CASE("attention window and scale") {
  const Attention op{.scale = 2, .mask = {.window = 2}};
  const auto y = evaluate(op, {matrix(1, 1, {0.5}), kKeys, kValues, matrix(1, 1, {2})}, 1, 1);
  CHECK(y[0] == doctest::Approx((3 * 26 + 9 * 39) / 12.0));
}

TEST_CASE("attention chunk, first rows and compressed rows") {
  const Array one = matrix(1, 1, {1});
  const Attention chunked{.mask = {.chunk = 2}};
  CHECK(evaluate(chunked, {one, kKeys, kValues, matrix(1, 1, {2})}, 1, 1)[0] == doctest::Approx(39));
  CHECK(evaluate(chunked, {one, kKeys, kValues, matrix(1, 1, {1})}, 1, 1)[0] ==
        doctest::Approx((13 + 3 * 26) / 4.0));
  const Attention streaming{.mask = {.window = 1, .first = 1}};
  CHECK(evaluate(streaming, {one, kKeys, kValues, matrix(1, 1, {2})}, 1, 1)[0] ==
        doctest::Approx((13 + 9 * 39) / 10.0));
  // Row s stands for tokens 2s .. 2s + 3: position 5 sees two rows, position 2 none.
  const Attention compressed{.mask = {.stride = 2, .length = 4}};
  CHECK(evaluate(compressed, {one, kKeys, kValues, matrix(1, 1, {5})}, 1, 1)[0] ==
        doctest::Approx((13 + 3 * 26) / 4.0));
  CHECK(evaluate(compressed, {one, kKeys, kValues, matrix(1, 1, {2})}, 1, 1)[0] == 0);
}

TEST_CASE("attention soft cap, sinks and slopes") {
  const Array one = matrix(1, 1, {1});
  const Array last = matrix(1, 1, {1});
  const double cap = 0.5;
  const double ratio = std::exp(cap * std::tanh(kLog3 / cap));
  CHECK(evaluate(Attention{.softcap = 0.5f}, {one, kKeys, kValues, last}, 1, 1)[0] ==
        doctest::Approx((13 + ratio * 26) / (1 + ratio)));
  CHECK(evaluate(Attention{.sinks = true}, {one, kKeys, kValues, last, matrix(1, 1, {2 * kLog3})}, 1, 1)[0] ==
        doctest::Approx((13 + 3 * 26) / 13.0));
  // A slope of ln 3 takes a third from the key one position back.
  CHECK(evaluate(Attention{.alibi = true}, {one, kKeys, kValues, last, matrix(1, 1, {kLog3})}, 1, 1)[0] ==
        doctest::Approx((13 + 9 * 26) / 10.0));
}

TEST_CASE("attention to selected blocks and with views of a query") {
  const Array position = matrix(1, 1, {2});
  const Attention chosen{.selection = {.count = 2, .sets = 1, .block = 2}};
  CHECK(evaluate(chosen, {matrix(1, 1, {1}), kKeys, kValues, position, matrix(1, 2, {1, -1})}, 1, 1)[0] ==
        doctest::Approx(39));
  const Attention two{.mask = {.window = 1, .first = 1}, .views = QueryViews::first_rows};
  const Array keys = matrix(3, 1, {kLog3, 0, kLog3});
  CHECK(evaluate(two, {matrix(1, 2, {1, 2}), keys, kValues, position}, 1, 1)[0] ==
        doctest::Approx((9 * 13 + 3 * 39) / 12.0));
  const Attention dual{.views = QueryViews::chunk_distance, .view_chunk = 1};
  CHECK(evaluate(dual, {matrix(1, 3, {0, 1, 2}), matrix(3, 1, {kLog3, kLog3, kLog3}), kValues, position}, 1,
                 1)[0] == doctest::Approx((9 * 13 + 3 * 26 + 39) / 13.0));
}

TEST_CASE("attention survives scores beyond the range of exp") {
  const auto y =
      evaluate(Attention{.scale = 1e6f}, {matrix(1, 1, {1}), kKeys, kValues, matrix(1, 1, {2})}, 1, 1);
  CHECK(y[0] == doctest::Approx(39));
}

TEST_CASE("attention shares key heads and shared key columns") {
  // Two heads on one key head; the shared column scores ln 3 for position 1 with q = 1, nothing with q = 0.
  const Attention op{.heads = 2, .kv_heads = 1, .shared_dim = 1, .values = {1, 1}, .shared_offset = 2};
  const Array rows = matrix(2, 3, {0, 10, 0, 0, 20, kLog3});
  const auto y = evaluate(op, {matrix(1, 4, {1, 1, 1, 0}), rows, rows, matrix(1, 1, {1}), rows}, 1, 2);
  CHECK(y[0] == doctest::Approx((10 + 3 * 20) / 4.0));
  CHECK(y[1] == doctest::Approx(15));
}

TEST_CASE("attention cost") {
  // Two tokens at the end of five: 4.5 rows each on average.
  const Cost cost = kGrouped.cost(grouped(), {.tokens = 2, .context = 5});
  CHECK(cost.flops == 2 * 4.5 * 4 * (2 * 16 + 5));
  CHECK(kGrouped.infer(grouped()) == std::vector<Type>{{DType::f32, kTokens, 32}});
}

TEST_CASE("attention C1") {
  CHECK(
      violates("attention C1", kGrouped, OperandList().result(kTokens, 31).cache(32).cache(32).ids(kTokens)));
  CHECK(violates("attention C1", kGrouped,
                 OperandList().result(kOutputs, 32).cache(32).cache(32).ids(kTokens)));
}

TEST_CASE("attention C2") {
  Attention op = kGrouped;
  op.kv_heads = 3;
  CHECK(violates("attention C2", op, grouped()));
}

TEST_CASE("attention C3") {
  CHECK(
      violates("attention C3", kGrouped, OperandList().result(kTokens, 32).cache(15).cache(32).ids(kTokens)));
  CHECK(
      violates("attention C3", kGrouped, OperandList().result(kTokens, 32).cache(32).cache(31).ids(kTokens)));
  CHECK(violates("attention C3", kGrouped,
                 OperandList().result(kTokens, 32).result(kTokens, 32).cache(32).ids(kTokens)));
}

TEST_CASE("attention C4") {
  Attention op = kGrouped;
  CHECK(violates("attention C4", op, grouped().cache(8)));
  op.shared_dim = 8;
  CHECK(violates("attention C4", op, OperandList().result(kTokens, 64).cache(32).cache(32).ids(kTokens)));
}

TEST_CASE("attention C5") {
  CHECK(violates("attention C5", kGrouped,
                 OperandList().result(kTokens, 32).cache(32).cache(32).ids(kOutputs)));
}

TEST_CASE("attention C6") {
  Attention op = kGrouped;
  op.mask.window = -1;
  CHECK(violates("attention C6", op, grouped()));
  op = kGrouped;
  op.kv_heads = 0;
  CHECK(violates("attention C6", op, grouped()));
}

TEST_CASE("attention C7 and C8") {
  Attention op = kGrouped;
  op.sinks = true;
  CHECK(violates("attention C4", op, grouped()));
  CHECK(violates("attention C7", op, grouped().weight(1, 5)));
  op = kGrouped;
  op.views = QueryViews::first_rows;
  CHECK(violates("attention C8", op, OperandList().result(kTokens, 64).cache(32).cache(32).ids(kTokens)));
}

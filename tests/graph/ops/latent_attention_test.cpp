#include "graph/ops/latent_attention.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {
/// Two heads; a cache row is [latent 1 | rotary 2]; kv_b gives a key and a value a head.
const LatentAttention kOp{.heads = 2, .nope_dim = 1, .rope_dim = 2, .value_dim = 1, .rank = 1, .scale = 1};
const double kLog3 = std::log(3.0);
}  // namespace

TEST_CASE("latent_attention") {
  const Array q = matrix(1, 6, {1, 0, 0, 0, 1, 0});
  const Array cache = matrix(2, 3, {2, 0, 0, 4, kLog3, 0});
  // Head 0 has keys 0, so its softmax is even; values are 5 * latent. Head 1 scores by the rotary part: 0 and
  // ln 3; values are 10 * latent.
  const auto y = evaluate(kOp, {q, cache, matrix(4, 1, {0, 5, 7, 10}), matrix(1, 1, {1})}, 1, 2);
  CHECK(y[0] == doctest::Approx((10 + 20) / 2.0));
  CHECK(y[1] == doctest::Approx((20 + 3 * 40) / 4.0));
}

TEST_CASE("latent_attention to chosen rows") {
  const Array q = matrix(1, 6, {1, 0, 0, 0, 1, 0});
  const Array cache = matrix(3, 3, {2, 0, 0, 4, kLog3, 0, 7, 1, 1});
  const Array kv_b = matrix(4, 1, {0, 5, 7, 10});
  LatentAttention op = kOp;
  op.selected = 3;
  // All rows in order: the same bits as without a choice.
  CHECK(evaluate(op, {q, cache, kv_b, matrix(1, 1, {2}), matrix(1, 3, {0, 1, 2})}, 1, 2) ==
        evaluate(kOp, {q, cache, kv_b, matrix(1, 1, {2})}, 1, 2));
  const auto y = evaluate(op, {q, cache, kv_b, matrix(1, 1, {2}), matrix(1, 3, {1, -1, -1})}, 1, 2);
  CHECK(y == std::vector<double>{20, 40});
}

TEST_CASE("latent_attention cost takes the cheaper form") {
  const LatentAttention op{.heads = 4, .nope_dim = 16, .rope_dim = 8, .value_dim = 16, .rank = 64};
  const auto in = OperandList().result(kTokens, 96).cache(72).weight(128, 64).ids(kTokens);
  // One token, long context: absorbed.
  CHECK(op.cost(in, {.tokens = 1, .context = 100}).flops == 2 * 128 * 64 + 100 * 4 * (2 * (64 + 8 + 64) + 5));
  // Prefill: naive, 50.5 rows a token on average.
  CHECK(op.cost(in, {.tokens = 100, .context = 100}).flops ==
        100 * 2 * 128 * 64 + 100 * 50.5 * 4 * (2 * (16 + 8 + 16) + 5));
}

TEST_CASE("latent_attention C1") {
  CHECK(kOp.infer(OperandList().result(kTokens, 6).cache(3).weight(4, 1).ids(kTokens)) ==
        std::vector<Type>{{DType::f32, kTokens, 2}});
  CHECK(violates("latent_attention C1", kOp,
                 OperandList().result(kTokens, 5).cache(3).weight(4, 1).ids(kTokens)));
}

TEST_CASE("latent_attention C2") {
  CHECK(violates("latent_attention C2", kOp,
                 OperandList().result(kTokens, 6).cache(4).weight(4, 1).ids(kTokens)));
  CHECK(violates("latent_attention C2", kOp,
                 OperandList().result(kTokens, 6).result(kContext, 3).weight(4, 1).ids(kTokens)));
}

TEST_CASE("latent_attention C3") {
  CHECK(violates("latent_attention C3", kOp,
                 OperandList().result(kTokens, 6).cache(3).weight(5, 1).ids(kTokens)));
}

TEST_CASE("latent_attention C4") {
  CHECK(violates("latent_attention C4", kOp,
                 OperandList().result(kTokens, 6).cache(3).weight(4, 1).ids(kOutputs)));
}

TEST_CASE("latent_attention C5") {
  LatentAttention op = kOp;
  op.selected = 2;
  const auto plain = [] { return OperandList().result(kTokens, 6).cache(3).weight(4, 1).ids(kTokens); };
  CHECK(op.infer(plain().ids(kTokens, 2)).size() == 1);
  CHECK(violates("latent_attention C5", op, plain()));
  CHECK(violates("latent_attention C5", op, plain().ids(kTokens, 3)));
  CHECK(violates("latent_attention C5", kOp, plain().ids(kTokens, 2)));
  // Ten rows chosen of a hundred.
  const LatentAttention wide{
      .heads = 4, .nope_dim = 16, .rope_dim = 8, .value_dim = 16, .rank = 64, .selected = 10};
  const auto in = OperandList().result(kTokens, 96).cache(72).weight(128, 64).ids(kTokens).ids(kTokens, 10);
  CHECK(wide.cost(in, {.tokens = 1, .context = 100}).flops ==
        2 * 128 * 64 + 10 * 4 * (2 * (64 + 8 + 64) + 5));
}

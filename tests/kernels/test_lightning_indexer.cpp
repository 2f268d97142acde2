#include <doctest/doctest.h>

#include <array>
#include <limits>

#include "graph/passes/set_cache_format.h"
#include "quant/cache_format.h"
#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

/// The tokens are the last of the context, in which rows behind the last position hold NaN.
Case indexer_case(const graph::LightningIndexer& op, int64_t tokens, int64_t context,
                  const std::string& format, uint64_t seed) {
  constexpr int64_t kUnseen = 5;
  std::mt19937_64 random(seed);
  graph::Builder b("indexer");
  const auto q = b.input("q", {graph::DType::f32, graph::kTokens, op.heads * op.dim});
  const auto keys = b.cache("keys", op.dim, op.dim);
  const auto weights = b.input("weights", {graph::DType::f32, graph::kTokens, op.heads});
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  Case c;
  c.graph = finish(b, b.add(op, "rows", {q, keys, weights, positions}));
  graph::set_cache_format(c.graph, format);
  c.sizes = {tokens, tokens, context + kUnseen};
  c.inputs = {normal(tokens, op.heads * op.dim, random), normal(context + kUnseen, op.dim, random),
              normal(tokens, op.heads, random), graph::Array(tokens, 1)};
  for (int64_t t = 0; t < tokens; ++t) c.inputs[3].at(t, 0) = static_cast<double>(context - tokens + t);
  for (int64_t s = context; s < context + kUnseen; ++s) {
    for (int64_t d = 0; d < op.dim; ++d) c.inputs[1].at(s, d) = std::numeric_limits<double>::quiet_NaN();
  }
  c.name = format + " heads=" + std::to_string(op.heads) + " dim=" + std::to_string(op.dim) +
           " count=" + std::to_string(op.count) + " tokens=" + std::to_string(tokens) +
           " context=" + std::to_string(context);
  c.seed = seed;
  return c;
}

/// Small integers: floats score them exactly, and many are equal.
Case tied(Case c, int64_t heads, int64_t dim) {
  std::mt19937_64 random(c.seed);
  c.inputs[0] = integers(c.sizes.tokens, heads * dim, -1, 1, random);
  c.inputs[1] = integers(c.sizes.context, dim, -1, 1, random);
  c.inputs[2] = integers(c.sizes.tokens, heads, -2, 2, random);
  return c;
}

}  // namespace

TEST_CASE("lightning_indexer: heads, dims and contexts of all sizes") {
  uint64_t seed = 300;
  constexpr graph::LightningIndexer kOps[] = {{1, 1, 1}, {4, 16, 8}, {5, 24, 7}, {16, 20, 40}, {64, 128, 96}};
  constexpr std::array<int64_t, 2> kCalls[] = {{1, 1}, {3, 40}, {1, 255}, {8, 261}, {11, 300}};
  for (const graph::LightningIndexer& op : kOps) {
    for (const auto& [tokens, context] : kCalls) {
      ++seed;
      check(indexer_case(op, tokens, context, seed % 2 == 0 ? "f32" : "f16", seed));
    }
  }
  summarise(graph::LightningIndexer{});
}

TEST_CASE("lightning_indexer: of equal scores the lower rows") {
  uint64_t seed = 400;
  for (const int64_t count : {1, 2, 17, 128, 299}) {
    check(tied(indexer_case({4, 16, count}, 3, 300, "f32", ++seed), 4, 16));
    check(tied(indexer_case({3, 3, count}, 12, 300, "f32", ++seed), 3, 3));
    Case c = indexer_case({2, 8, count}, 2, 300, "f32", ++seed);
    c.inputs[1] = graph::Array(c.sizes.context, 8);  // all scores are 0
    check(c);
  }
}

TEST_CASE("lightning_indexer: all rows where they are no more than asked for") {
  Case c = indexer_case({2, 8, 64}, 4, 30, "f32", 7);
  for (const Target& target : targets()) {
    const auto bytes = run(c, target, "lightning_indexer/tiles").outputs.at(0);
    const auto* ids = reinterpret_cast<const int32_t*>(bytes.data());
    for (int32_t t = 0; t < 4; ++t) {
      for (int32_t i = 0; i < 64; ++i) CHECK(ids[t * 64 + i] == (i <= 26 + t ? i : -1));
    }
  }
}

TEST_CASE("lightning_indexer: keys of every cache format") {
  uint64_t seed = 500;
  for (const quant::CacheFormat& format : quant::cache_formats())
    check(indexer_case({8, 64, 32}, 2, 200, std::string(format.name), ++seed));
}

TEST_CASE("lightning_indexer: a long context") {
  check(indexer_case({2, 16, 2048}, 2, 20000, "f32", 600));
}

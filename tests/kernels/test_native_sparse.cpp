#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "graph/passes/set_cache_format.h"
#include "quant/cache_format.h"
#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

graph::Array last_positions(int64_t tokens, int64_t context) {
  graph::Array positions(tokens, 1);
  for (int64_t t = 0; t < tokens; ++t) positions.at(t, 0) = static_cast<double>(context - tokens + t);
  return positions;
}

Case select_case(graph::BlockSelect op, int64_t tokens, int64_t context, const std::string& format,
                 uint64_t seed) {
  std::mt19937_64 random(seed);
  op.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(op.dim)));
  graph::Builder b("blocks");
  const auto q = b.input("q", {graph::DType::f32, graph::kTokens, op.heads * op.dim});
  const auto keys = b.cache("keys", op.kv_heads * op.dim, op.dim);
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  Case c;
  c.graph = finish(b, b.add(op, "blocks", {q, keys, positions}));
  graph::set_cache_format(c.graph, format);
  c.sizes = {tokens, tokens, context};
  c.inputs = {normal(tokens, op.heads * op.dim, random), normal(context, op.kv_heads * op.dim, random),
              last_positions(tokens, context)};
  c.name = format + " heads=" + std::to_string(op.heads) + "/" + std::to_string(op.kv_heads) +
           " blocks=" + std::to_string(op.stride) + "+" + std::to_string(op.length) + "/" +
           std::to_string(op.block) + " count=" + std::to_string(op.count) +
           " tokens=" + std::to_string(tokens) + " context=" + std::to_string(context);
  c.seed = seed;
  return c;
}

Case compress_case(const graph::BlockCompress& op, int64_t hidden, int64_t tokens, int64_t context,
                   const std::string& format, uint64_t seed) {
  std::mt19937_64 random(seed);
  graph::Builder b("pool");
  const auto rows = b.cache("rows", op.heads * op.dim, op.dim);
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  Case c;
  c.graph = finish(
      b, b.add(op, "pooled",
               {rows, b.vector("embedding", op.dim, op.length), b.vector("w1", op.length * op.dim, hidden),
                b.vector("w2", hidden, op.dim), positions}));
  graph::set_cache_format(c.graph, format);
  c.sizes = {tokens, tokens, context};
  c.inputs = {normal(context, op.heads * op.dim, random), normal(op.length, op.dim, random),
              normal(hidden, op.length * op.dim, random), normal(op.dim, hidden, random),
              last_positions(tokens, context)};
  c.name = format + " hidden=" + std::to_string(hidden) + " tokens=" + std::to_string(tokens) +
           " context=" + std::to_string(context);
  c.seed = seed;
  return c;
}

/// As published, and with blocks that do not overlap.
const graph::BlockSelect kPublished = {8, 2, 16, 1, 16, 32, 64, 16, 1, 2};
const graph::BlockSelect kPlain = {3, 3, 5, 1, 4, 4, 4, 3, 0, 0};

}  // namespace

TEST_CASE("block_select: blocks by importance, first and last ones always") {
  uint64_t seed = 100;
  constexpr std::array<int64_t, 2> kCalls[] = {{1, 1}, {2, 33}, {1, 700}, {5, 2003}, {12, 1500}};
  for (const auto& [tokens, context] : kCalls) {
    check(select_case(kPublished, tokens, context, "f32", ++seed));
    check(select_case(kPlain, tokens, context, "f16", ++seed));
  }
  summarise(graph::BlockSelect{});
}

TEST_CASE("block_select: of equal blocks the lower") {
  Case c = select_case(kPlain, 4, 130, "f32", 3);
  c.inputs[1] = graph::Array(130, 15);
  check(c);
}

TEST_CASE("block_compress: the rows of blocks that tokens complete") {
  uint64_t seed = 200;
  constexpr std::array<int64_t, 2> kCalls[] = {{1, 1}, {1, 64}, {40, 100}, {7, 49}};
  for (const auto& [tokens, context] : kCalls) {
    check(compress_case({2, 16, 16, 32}, 24, tokens, context, "f32", ++seed));
    check(compress_case({3, 5, 2, 6}, 7, tokens, context, "f16", ++seed));
  }
  for (const quant::CacheFormat& format : quant::cache_formats())
    check(compress_case({2, 32, 4, 8}, 16, 9, 40, std::string(format.name), ++seed));
  summarise(graph::BlockCompress{});
}

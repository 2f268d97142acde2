#include <doctest/doctest.h>

#include <cmath>

#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

Case rope_case(int64_t tokens, int64_t heads, graph::Rope op, uint64_t seed) {
  std::mt19937_64 random(seed);
  graph::Builder b("rope");
  const int64_t pairs = op.rope_dim / 2;
  graph::Array inv_freq(1, pairs);
  for (int64_t i = 0; i < pairs; ++i) {
    inv_freq.at(0, i) =
        static_cast<float>(std::pow(1e4, -static_cast<double>(i) / static_cast<double>(pairs)));
  }
  const auto x = b.input("x", {graph::DType::f32, graph::kTokens, heads * op.head_dim});
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  const auto frequencies = b.constant("inv_freq", {inv_freq.data.begin(), inv_freq.data.end()});
  Case c;
  c.graph = finish(b, b.add(op, "y", {x, positions, frequencies}));
  c.sizes = {tokens, tokens, tokens};
  c.inputs = {normal(tokens, heads * op.head_dim, random), integers(tokens, 1, 0, 131071, random), inv_freq};
  c.inputs[1].at(0, 0) = seed % 3 == 0 ? 0 : 131071;
  c.name = "tokens=" + std::to_string(tokens) + " heads=" + std::to_string(heads) +
           " head_dim=" + std::to_string(op.head_dim) + " rope " + std::to_string(op.offset) + "+" +
           std::to_string(op.rope_dim);
  c.seed = seed;
  return c;
}

}  // namespace

TEST_CASE("rope: both pairings, whole heads and parts") {
  struct Shape {
    int64_t tokens, heads, head_dim, offset, rope_dim;
  };
  const Shape shapes[] = {{1, 1, 2, 0, 2},    {1, 9, 64, 0, 64},    {5, 3, 24, 0, 24},
                          {3, 4, 64, 48, 16}, {40, 2, 128, 0, 128}, {2, 16, 192, 128, 64},
                          {1, 1, 64, 0, 64},  {7, 3, 100, 13, 70}};
  uint64_t seed = 1600;
  for (const auto pairing : {graph::RopePairing::half, graph::RopePairing::interleaved}) {
    for (const Shape& s : shapes) {
      ++seed;
      check(rope_case(s.tokens, s.heads, {s.head_dim, s.offset, s.rope_dim, pairing, seed % 2 ? 1.0f : 1.25f},
                      seed));
    }
  }
  graph::Rope moved{.head_dim = 64, .rope_dim = 64, .period = 4096};
  check(rope_case(9, 3, moved, ++seed));
  moved.shift = 24576;
  moved.limit = 27000;
  check(rope_case(9, 3, moved, ++seed));
  moved.period = 0;
  check(rope_case(9, 3, moved, ++seed));
  summarise(graph::Rope{});
}

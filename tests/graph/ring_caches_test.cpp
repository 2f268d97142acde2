#include "graph/passes/ring_caches.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "graph/cache_row.h"
#include "graph/passes/stream_attention.h"
#include "tests/graph/operands.h"
#include "tests/graph/tiny_llama.h"

using namespace clinfer::graph;

namespace {

constexpr int64_t kTokenCount = 24;

/// Logits of tokens [begin, end), all of the same id: what differs is where they stand.
Array logits(Interpreter& interpreter, int64_t begin, int64_t end) {
  const int64_t tokens = end - begin;
  Interpreter::Arrays inputs{
      {"ids", Array(tokens, 1)}, {"positions", Array(tokens, 1)}, {"wanted", Array(tokens, 1)}};
  for (int64_t t = 0; t < tokens; ++t) {
    inputs["ids"].at(t, 0) = static_cast<double>((begin + t) * (begin + t) % 10);
    inputs["positions"].at(t, 0) = static_cast<double>(begin + t);
    inputs["wanted"].at(t, 0) = static_cast<double>(t);
  }
  return interpreter.run(inputs, {.tokens = tokens, .outputs = tokens, .context = end}).at("logits");
}

/// A window of five and two first rows, in caches for calls of `tokens` (0: no rings).
Graph streaming_llama(int64_t tokens) {
  Graph graph = tiny_llama();
  stream_attention(graph, {.window = 5, .first = 2});
  if (tokens > 0) CHECK(ring_caches(graph, tokens, kTokenCount) == 2);
  return graph;
}

std::vector<double> stepped(const Graph& graph, int64_t tokens) {
  Interpreter interpreter(graph, formula_weights);
  std::vector<double> found;
  for (int64_t begin = 0; begin < kTokenCount; begin += tokens) {
    const Array part = logits(interpreter, begin, begin + tokens);
    found.insert(found.end(), part.data.begin(), part.data.end());
  }
  return found;
}

const Cache& first_cache(const Graph& graph) {
  for (const Value& value : graph.values) {
    if (value.cache() != nullptr) return *value.cache();
  }
  throw clinfer::Error(clinfer::Fault::run, "no cache");
}

}  // namespace

TEST_CASE("ring_caches: rows of the window, of the first rows and of a call are enough") {
  const Graph plain = streaming_llama(0);
  Interpreter at_once(plain, formula_weights);
  const std::vector<double> expected = logits(at_once, 0, kTokenCount).data;
  for (const int64_t tokens : {1, 3, 8}) {
    CAPTURE(tokens);
    Graph rings = streaming_llama(tokens);
    const Cache& cache = first_cache(rings);
    CHECK(cache.ring == 5 + tokens - 1);
    CHECK(cache.ring_first == 2);
    CHECK(rows_held(cache, kTokenCount) == 2 + 5 + tokens - 1);
    CHECK(stepped(rings, tokens) == expected);
    // A row less, and the first token of a call misses one.
    for (Value& value : rings.values)
      if (auto* held = std::get_if<Cache>(&value.source)) --held->ring;
    const std::vector<double> lost = stepped(rings, tokens);
    CHECK(std::any_of(lost.begin(), lost.end(), [](double y) { return std::isnan(y); }));
  }
}

TEST_CASE("ring_caches: rows of positions") {
  const Cache cache{.width = 1, .ring = 4, .ring_first = 2};
  CHECK(rows_held(cache, 5) == 5);
  CHECK(rows_held(cache, 50) == 6);
  CHECK(row_at(cache, 1) == 1);
  CHECK(row_at(cache, 5) == 5);
  CHECK(row_at(cache, 6) == 2);
  CHECK(row_at(cache, 13) == 5);
  CHECK(holds_position(cache, 1, 50));
  CHECK(holds_position(cache, 46, 50));
  CHECK_FALSE(holds_position(cache, 45, 50));
}

TEST_CASE("ring_caches: what sees all rows, or is small already, stays") {
  Graph graph = tiny_llama();
  CHECK(ring_caches(graph, 2, 100) == 0);
  stream_attention(graph, {.window = 5, .first = 2});
  CHECK(ring_caches(graph, 2, 8) == 0);
  CHECK(ring_caches(graph, 2, 9) == 2);
}

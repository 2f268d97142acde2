#include "graph/passes/stream_attention.h"

#include <doctest/doctest.h>

#include <cmath>

#include "graph/interpret.h"
#include "tests/graph/operands.h"
#include "tests/graph/tiny_llama.h"

using namespace clinfer::graph;

namespace {

constexpr int64_t kTokenCount = 20;
constexpr Stream kStream{.window = 6, .first = 3};

/// One head of two columns: q and k are rotated at their positions, a value is a number.
Graph one_head() {
  Builder b("head");
  const ValueId positions = b.input("positions", {DType::i32, kTokens, 1});
  const ValueId inv_freq = b.constant("inv_freq", {0.37f});
  const auto rotated = [&](const std::string& name) {
    return b.add(Rope{}, name + "_rope", {b.input(name, {DType::f32, kTokens, 2}), positions, inv_freq});
  };
  const ValueId q = rotated("q");
  const ValueId keys = b.add(CacheAppend{}, "append_k", {b.cache("keys", 2), rotated("k"), positions});
  const ValueId v = b.input("v", {DType::f32, kTokens, 1});
  const ValueId values = b.add(CacheAppend{}, "append_v", {b.cache("values", 1), v, positions});
  b.output(b.add(Attention{.key_dim = 2}, "attention", {q, keys, values, positions}), "y");
  return b.finish(1);
}

double number(int64_t t, int64_t c) {
  return 2 * std::sin(1.9 * static_cast<double>(t) + 0.8 * static_cast<double>(c));
}

Array column(int64_t cols, int64_t from) {
  Array array(kTokenCount, cols);
  for (int64_t t = 0; t < kTokenCount; ++t)
    for (int64_t c = 0; c < cols; ++c) array.at(t, c) = number(t, from + c);
  return array;
}

std::vector<double> run(const Graph& graph) {
  Array positions(kTokenCount, 1);
  for (int64_t t = 0; t < kTokenCount; ++t) positions.at(t, 0) = static_cast<double>(t);
  Interpreter interpreter(graph, formula_weights);
  const Interpreter::Arrays inputs{
      {"q", column(2, 0)}, {"k", column(2, 2)}, {"v", column(1, 4)}, {"positions", positions}};
  return interpreter.run(inputs, {.tokens = kTokenCount, .outputs = kTokenCount, .context = kTokenCount})
      .at("y")
      .data;
}

/// As the paper has it: the rows that are cached get positions 0, 1, ... and the query the last of them.
double by_cache_positions(int64_t p) {
  std::vector<int64_t> rows;
  for (int64_t s = 0; s <= p; ++s)
    if (s < kStream.first || s > p - kStream.window) rows.push_back(s);
  double sum = 0, weighted = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const double angle = 0.37 * static_cast<double>(rows.size() - 1 - i);
    const double a = number(p, 0), b = number(p, 1), c = number(rows[i], 2), d = number(rows[i], 3);
    const double score = (a * c + b * d) * std::cos(angle) + (a * d - b * c) * std::sin(angle);
    sum += std::exp(score);
    weighted += std::exp(score) * number(rows[i], 4);
  }
  return weighted / sum;
}

}  // namespace

TEST_CASE("stream_attention: positions are those inside the cache") {
  Graph graph = one_head();
  const std::vector<double> plain = run(graph);
  stream_attention(graph, kStream);
  const std::vector<double> y = run(graph);
  for (int64_t p = 0; p < kTokenCount; ++p) {
    CAPTURE(p);
    const auto at = static_cast<size_t>(p);
    CHECK(y[at] == doctest::Approx(by_cache_positions(p)).epsilon(1e-5));
    if (p < kStream.first + kStream.window) {
      CHECK(y[at] == plain[at]);
    } else {
      CHECK(y[at] != plain[at]);
    }
  }
}

TEST_CASE("stream_attention: layers with a window of their own keep it") {
  Graph graph = one_head();
  std::get<Attention>(graph.nodes.back().op).mask.window = 2;
  const Graph before = graph;
  stream_attention(graph, kStream);
  CHECK(graph.nodes.back().op == before.nodes.back().op);
}

TEST_CASE("stream_attention refuses positions that are not distances") {
  Builder b("learned");
  const ValueId positions = b.input("positions", {DType::i32, kTokens, 1});
  b.output(b.add(Embedding{}, "wpe", {positions, b.weight("wpe.weight", 8, 2)}), "y");
  Graph learned = b.finish(0);
  CHECK(error_of([&] { stream_attention(learned, kStream); }) ==
        "kv_cache.window: wpe has a row for each position of the text");
  Graph chosen = one_head();
  std::get<Attention>(chosen.nodes.back().op).alibi = true;
  CHECK(error_of([&] { stream_attention(chosen, kStream); }) ==
        "kv_cache.window: attention has slopes over distances in the text");
}

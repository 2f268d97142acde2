// The block of native sparse attention against tests/model/oracles/native_sparse_attention.py, which wrote
// tests/data/native_sparse/golden.safetensors and makes the same weights.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "graph/interpret.h"
#include "graph/models/native_sparse_block.h"
#include "graph/passes/set_cache_format.h"
#include "tests/model/reference.h"

using namespace clinfer;

namespace {

constexpr int64_t kTokens = 40;
const graph::NativeSparseBlock kBlock{.hidden = 24,
                                      .heads = 4,
                                      .kv_heads = 2,
                                      .head_dim = 8,
                                      .length = 4,
                                      .stride = 2,
                                      .pool_hidden = 12,
                                      .block = 4,
                                      .count = 5,
                                      .initial = 1,
                                      .local = 2,
                                      .window = 6};

/// The oracle's numbers: a multiplicative hash of (index, element), in [-spread, spread).
graph::Array hashed(uint64_t index, int64_t rows, int64_t cols, double spread) {
  graph::Array array(rows, cols);
  for (size_t i = 0; i < array.data.size(); ++i) {
    uint64_t x = (i + index * 100003) * 0x9E3779B97F4A7C15u;
    x ^= x >> 29;
    x *= 0xBF58476D1CE4E5B9u;
    array.data[i] = (2 * (static_cast<double>(x >> 48) / 65536.0) - 1) * spread;
  }
  return array;
}

/// Index and spread of each weight there.
const std::map<std::string, std::pair<uint64_t, double>> kWeights = {
    {"q_proj.weight", {1, 0.5}},
    {"compressed.k_proj.weight", {2, 0.5}},
    {"compressed.v_proj.weight", {3, 0.5}},
    {"selected.k_proj.weight", {4, 0.5}},
    {"selected.v_proj.weight", {5, 0.5}},
    {"window.k_proj.weight", {6, 0.5}},
    {"window.v_proj.weight", {7, 0.5}},
    {"compressed.k_pool.embedding", {8, 0.5}},
    {"compressed.k_pool.w1", {9, 0.5}},
    {"compressed.k_pool.w2", {10, 0.7}},
    {"compressed.v_pool.embedding", {11, 0.5}},
    {"compressed.v_pool.w1", {12, 0.5}},
    {"compressed.v_pool.w2", {13, 0.7}},
    {"gate_proj.weight", {14, 0.5}},
    {"o_proj.weight", {15, 0.5}}};

graph::Graph block_graph() {
  graph::Builder b("block");
  const auto x = b.input("x", {graph::DType::f32, graph::kTokens, kBlock.hidden});
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  std::vector<float> inv_freq;
  for (int64_t i = 0; i < kBlock.head_dim / 2; ++i)
    inv_freq.push_back(static_cast<float>(
        std::pow(10000.0, -2.0 * static_cast<double>(i) / static_cast<double>(kBlock.head_dim))));
  const auto table = b.constant("inv_freq", std::move(inv_freq));
  b.output(graph::native_sparse_attention(b, kBlock, "nsa", x, positions, table), "y");
  return b.finish(0);
}

std::shared_ptr<const graph::Array> weight_of(const graph::Value& value) {
  const auto& [index, spread] = kWeights.at(value.weight()->tensors.front().substr(4));
  return std::make_shared<graph::Array>(hashed(index, value.type.rows.factor, value.type.cols, spread));
}

/// The block's output for all tokens, `chunk` a call.
graph::Array output(const graph::Graph& graph, int64_t chunk) {
  const graph::Array x = hashed(0, kTokens, kBlock.hidden, 2.0);
  graph::Interpreter interpreter(graph, weight_of);
  graph::Array y(kTokens, kBlock.hidden);
  for (int64_t at = 0; at < kTokens; at += chunk) {
    const int64_t count = std::min(chunk, kTokens - at);
    graph::Array positions(count, 1);
    for (int64_t t = 0; t < count; ++t) positions.at(t, 0) = static_cast<double>(at + t);
    const auto made = interpreter.run({{"x", tests::rows_of(x, at, count)}, {"positions", positions}},
                                      {count, count, at + count});
    std::copy_n(made.at("y").row(0), count * kBlock.hidden, y.row(at));
  }
  return y;
}

}  // namespace

TEST_CASE("native sparse attention agrees with its oracle, whole and in pieces") {
  const graph::Graph graph = block_graph();
  const tests::Reference golden("tests/data/native_sparse/golden.safetensors");
  const graph::Array expected = golden.matrix("y");
  REQUIRE(expected.rows == kTokens);
  // The golden has float32's 24 bits of numbers up to 8.
  CHECK(tests::max_difference(output(graph, kTokens), expected) < 1e-6);
  for (const int64_t chunk : {int64_t{1}, int64_t{7}})
    CHECK(tests::max_difference(output(graph, chunk), output(graph, kTokens)) < 1e-12);
}

TEST_CASE("native sparse attention on quantised caches: pieces give what the whole gives") {
  graph::Graph graph = block_graph();
  graph::set_cache_format(graph, "f16");
  CHECK(tests::max_difference(output(graph, 3), output(graph, kTokens)) < 1e-12);
}

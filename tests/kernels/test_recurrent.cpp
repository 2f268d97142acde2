#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

graph::Type tokens_of(int64_t cols) {
  return {graph::DType::f32, graph::kTokens, cols};
}

/// Positions of a call that begins at `first`.
graph::Array positions_from(int64_t first, int64_t tokens) {
  graph::Array array(tokens, 1);
  for (int64_t t = 0; t < tokens; ++t) array.at(t, 0) = static_cast<double>(first + t);
  return array;
}

struct Conv {
  int64_t tokens = 1;
  int64_t cols = 1;
  int64_t taps = 4;
  int64_t first = 0;  ///< position
  bool bias = false;
  bool silu = true;
};

Case conv_case(const Conv& s) {
  std::mt19937_64 random(static_cast<uint64_t>(s.tokens * 31 + s.cols));
  graph::Builder b("causal_conv");
  std::vector<graph::ValueId> in = {b.input("x", tokens_of(s.cols)), b.vector("weight", s.taps, s.cols),
                                    b.state("state", s.taps - 1, s.cols),
                                    b.input("positions", {graph::DType::i32, graph::kTokens, 1})};
  if (s.bias) in.push_back(b.vector("bias", s.cols));
  Case c;
  c.graph = finish(b, b.add(graph::CausalConv{s.silu}, "y", in));
  c.sizes = {s.tokens, s.tokens, s.first + s.tokens};
  c.inputs = {normal(s.tokens, s.cols, random), normal(s.cols, s.taps, random),
              normal(s.taps - 1, s.cols, random), positions_from(s.first, s.tokens)};
  if (s.bias) c.inputs.push_back(normal(1, s.cols, random));
  c.name = "tokens=" + std::to_string(s.tokens) + " cols=" + std::to_string(s.cols) +
           " taps=" + std::to_string(s.taps) + " from " + std::to_string(s.first);
  return c;
}

struct Attended {
  int64_t tokens = 1;
  int64_t heads = 1;
  int64_t key_heads = 1;
  int64_t key_dim = 1;
  int64_t value_dim = 1;
  int64_t first = 0;      ///< position
  bool delta = true;      ///< with normalised keys
  bool channels = false;  ///< a decay for each channel of a key
  bool constant = false;  ///< one row of decays
};

/// q, k and v side by side in one matrix, as a convolution leaves them.
Case attention_of(const Attended& s) {
  std::mt19937_64 random(static_cast<uint64_t>(s.tokens * 7 + s.key_dim));
  graph::LinearAttention op;
  op.heads = s.heads;
  op.key_heads = s.key_heads;
  op.key_dim = s.key_dim;
  op.value_dim = s.value_dim;
  op.queries = {0, s.key_dim};
  op.keys = {s.key_heads * s.key_dim, s.key_dim};
  op.values = {2 * s.key_heads * s.key_dim, s.value_dim};
  op.scale = 0.25f;
  op.delta = op.normalise = s.delta;
  graph::Builder b("linear_attention");
  const int64_t cols = op.values.offset + s.heads * s.value_dim;
  const int64_t decays = s.channels ? s.heads * s.key_dim : s.heads;
  const int64_t decay_rows = s.constant ? 1 : s.tokens;
  Case c;
  c.inputs = {normal(s.tokens, cols, random),
              {},
              {},
              normal(decay_rows, decays, random),
              normal(s.heads * s.key_dim, s.value_dim, random),
              positions_from(s.first, s.tokens)};
  c.inputs[1] = c.inputs[2] = c.inputs[0];
  for (double& d : c.inputs[3].data) d = static_cast<double>(static_cast<float>(std::exp(-std::abs(d))));
  std::vector<float> row(c.inputs[3].data.begin(), c.inputs[3].data.end());
  const auto qkv = b.input("qkv", tokens_of(cols));
  const auto decay = s.constant ? b.constant("decay", std::move(row)) : b.input("decay", tokens_of(decays));
  std::vector<graph::ValueId> in = {qkv,
                                    qkv,
                                    qkv,
                                    decay,
                                    b.state("state", s.heads * s.key_dim, s.value_dim),
                                    b.input("positions", {graph::DType::i32, graph::kTokens, 1})};
  if (s.delta) {
    in.push_back(b.input("beta", tokens_of(s.heads)));
    c.inputs.push_back(normal(s.tokens, s.heads, random));
    for (double& x : c.inputs.back().data)
      x = static_cast<double>(static_cast<float>(1 / (1 + std::exp(-x))));
  }
  c.graph = finish(b, b.add(op, "y", in));
  c.sizes = {s.tokens, s.tokens, s.first + s.tokens};
  c.name = "tokens=" + std::to_string(s.tokens) + " heads=" + std::to_string(s.heads) + "/" +
           std::to_string(s.key_heads) + " dims=" + std::to_string(s.key_dim) + "," +
           std::to_string(s.value_dim) + " from " + std::to_string(s.first) + (s.delta ? " delta" : "") +
           (s.channels ? " channels" : "");
  return c;
}

/// The tokens [begin, begin + count) of a case whose first state is `state`.
Case piece_of(const Case& c, int64_t begin, int64_t count, size_t state_operand, const graph::Array& state) {
  Case piece = c;
  piece.sizes.tokens = piece.sizes.outputs = count;
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    if (c.graph.value(c.graph.nodes.front().inputs[i]).type.rows != graph::kTokens) continue;
    piece.inputs[i] = graph::Array(count, c.inputs[i].cols);
    std::copy_n(c.inputs[i].row(begin), count * c.inputs[i].cols, piece.inputs[i].row(0));
  }
  piece.inputs[state_operand] = state;
  return piece;
}

graph::Array array_of(const kernels::Bytes& bytes, const graph::Array& like) {
  graph::Array array(like.rows, like.cols);
  for (size_t i = 0; i < array.data.size(); ++i) {
    float value = 0;
    std::memcpy(&value, bytes.data() + 4 * i, 4);
    array.data[i] = value;
  }
  return array;
}

/// One call and the same tokens in calls of 3, 1 and the rest give the same bits.
void check_pieces(const Case& c, size_t state_operand) {
  for (const Target& target : targets()) {
    for (const kernels::Variant& variant : kernels::variants_of(c.graph.nodes.front().op)) {
      if (!variant.supports(context_of(c, target.info)).ok) continue;
      CAPTURE(target.name);
      const auto whole = run(c, target, variant.name).outputs;
      graph::Array state = c.inputs[state_operand];
      kernels::Bytes rows;
      kernels::Bytes last;
      for (int64_t begin = 0; begin < c.sizes.tokens;) {
        const int64_t count = begin == 0 ? 3 : begin == 3 ? 1 : c.sizes.tokens - begin;
        const auto part = run(piece_of(c, begin, count, state_operand, state), target, variant.name).outputs;
        rows.insert(rows.end(), part[0].begin(), part[0].end());
        last = part[1];
        state = array_of(last, state);
        begin += count;
      }
      CHECK(rows == whole[0]);
      CHECK(last == whole[1]);
    }
  }
}

}  // namespace

TEST_CASE("causal_conv") {
  for (const int64_t cols : {1, 15, 16, 33, 130, 1030}) {
    for (const int64_t tokens : {1, 2, 5}) {
      for (const int64_t first : {0, 7}) check(conv_case({tokens, cols, 4, first}));
    }
  }
  check(conv_case({3, 40, 2, 5, true, false}));
  check(conv_case({3, 40, 7, 5, true}));
  for (const int64_t tokens : {64, 65, 66, 200}) check(conv_case({tokens, 17, 4, 3}));
  summarise(graph::CausalConv{});
}

TEST_CASE("decay_gate") {
  for (const int64_t group : {1, 16, 33}) {
    for (const int64_t tokens : {1, 3}) {
      std::mt19937_64 random(static_cast<uint64_t>(group));
      graph::Builder b("decay_gate");
      Case c;
      c.graph = finish(b, b.add(graph::DecayGate{}, "y",
                                {b.input("x", tokens_of(3 * group)), b.vector("rate", 1, 3),
                                 b.vector("bias", 3 * group)}));
      c.sizes = {tokens, tokens, tokens};
      c.inputs = {normal(tokens, 3 * group, random), normal(3, 1, random), normal(1, 3 * group, random)};
      const double extremes[] = {-1000, 1000, -88, 88, -20, 20, 0, 1e-30};
      for (size_t i = 0; i < c.inputs[0].data.size(); i += 2) c.inputs[0].data[i] = extremes[i / 2 % 8];
      c.name = "tokens=" + std::to_string(tokens) + " group=" + std::to_string(group);
      check(c);
    }
  }
  summarise(graph::DecayGate{});
}

TEST_CASE("linear_attention") {
  const auto dims = {std::pair<int64_t, int64_t>{16, 16}, {128, 40}, {7, 3}, {33, 130}};
  for (const auto& [key_dim, value_dim] : dims) {
    for (const int64_t tokens : {1, 5}) {
      check(attention_of({tokens, 4, 2, key_dim, value_dim, 0}));
      check(attention_of({tokens, 4, 2, key_dim, value_dim, 9}));
    }
    check(attention_of({6, 3, 3, key_dim, value_dim, 9, true, true}));
    check(attention_of({6, 3, 3, key_dim, value_dim, 9, false, false, true}));
  }
  check(attention_of({70, 4, 2, 32, 32, 2}));
  check(attention_of({70, 4, 2, 32, 32, 2, false}));
  summarise(graph::LinearAttention{});
}

TEST_CASE("states carry over from call to call to the same bits") {
  check_pieces(conv_case({9, 33, 4, 2}), 2);
  check_pieces(attention_of({9, 4, 2, 24, 20, 2}), 4);
  check_pieces(attention_of({9, 3, 3, 24, 20, 2, true, true}), 4);
}

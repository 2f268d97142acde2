#pragma once

#include <cmath>
#include <memory>
#include <string>

#include "graph/interpret.h"

namespace clinfer::graph {

/// A decoder in LLaMA's form: two layers, hidden 8, two query heads on one key head of 4, FFN 6, vocabulary
/// 10; each layer's cache row is [key 4 | value 4].
inline Graph tiny_llama() {
  Builder b("tiny");
  const ValueId ids = b.input("ids", {DType::i32, kTokens, 1});
  const ValueId positions = b.input("positions", {DType::i32, kTokens, 1});
  const ValueId wanted = b.input("wanted", {DType::i32, kOutputs, 1});
  const ValueId inv_freq = b.constant("inv_freq", {1.0f, 0.01f});
  const ValueId table = b.weight("embed.weight", 10, 8);
  const auto linear = [&](const std::string& name, ValueId x, int64_t rows, int64_t cols) {
    return b.add(Linear{}, name, {x, b.weight(name + ".weight", rows, cols)});
  };
  const auto norm = [&](const std::string& name, ValueId x) {
    return b.add(RmsNorm{}, name, {x, b.vector(name + ".weight", 8)});
  };
  const Rope rope{.head_dim = 4, .rope_dim = 4};
  const Attention attention{.heads = 2, .key_dim = 4, .value_dim = 4, .values = {4, 0}, .scale = 0.5f};

  ValueId x = b.add(Embedding{}, "embed", {ids, table});
  for (int layer = 0; layer < 2; ++layer) {
    const std::string name = std::to_string(layer) + ".";
    b.stage(layer);
    const ValueId h = norm(name + "attn_norm", x);
    const ValueId q = b.add(rope, name + "q_rope", {linear(name + "q", h, 8, 8), positions, inv_freq});
    const ValueId k = b.add(rope, name + "k_rope", {linear(name + "k", h, 4, 8), positions, inv_freq});
    const ValueId v = linear(name + "v", h, 4, 8);
    const ValueId with_keys =
        b.add(CacheAppend{}, name + "k_append", {b.cache(name + "kv", 8), k, positions});
    const ValueId kv = b.add(CacheAppend{4}, name + "v_append", {with_keys, v, positions});
    const ValueId y = b.add(attention, name + "attn", {q, kv, kv, positions});
    x = b.add(Add{}, name + "attn_add", {x, linear(name + "o", y, 8, 8)});
    const ValueId g = norm(name + "ffn_norm", x);
    const ValueId act =
        b.add(Glu{}, name + "glu", {linear(name + "gate", g, 6, 8), linear(name + "up", g, 6, 8)});
    x = b.add(Add{}, name + "ffn_add", {x, linear(name + "down", act, 8, 6)});
  }
  b.stage(2);
  const ValueId last = b.add(SelectRows{}, "select", {norm("norm", x), wanted});
  b.output(b.add(Linear{}, "head", {last, table}), "logits");
  return b.finish(2);
}

/// Weights from a formula of name and place, about 0.5 in size.
inline std::shared_ptr<const Array> formula_weights(const Value& value) {
  double seed = 0;
  for (const char c : value.name) seed = seed * 1.7 + c;
  const auto array = std::make_shared<Array>(value.type.rows.factor, value.type.cols);
  for (size_t i = 0; i < array->data.size(); ++i) {
    array->data[i] = std::sin(seed + 1.3 * static_cast<double>(i)) * 0.7;
  }
  return array;
}

}  // namespace clinfer::graph

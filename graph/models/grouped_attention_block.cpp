#include "graph/models/grouped_attention_block.h"

namespace clinfer::graph {
namespace {

struct Heads {
  ValueId q = -1;
  ValueId k = -1;
  ValueId v = -1;
};

Heads project(Builder& b, const GroupedAttentionBlock& s, const std::string& prefix, ValueId x) {
  const int64_t q_cols = s.heads * s.head_dim;
  const int64_t kv_cols = s.kv_heads * s.head_dim;
  const auto of = [&](const std::string& name, int64_t cols) {
    return linear(b, prefix + "." + name, x, s.hidden, cols, s.qkv_bias, s.stored);
  };
  if (!s.fused) {
    const ValueId q = of(s.q, q_cols);
    const ValueId k = of(s.k, kv_cols);
    return {q, k, of(s.v, kv_cols)};
  }
  const ValueId all = of(s.qkv, q_cols + 2 * kv_cols);
  return {b.add(Slice{0, q_cols}, prefix + ".query", {all}),
          b.add(Slice{q_cols, kv_cols}, prefix + ".key", {all}),
          b.add(Slice{q_cols + kv_cols, kv_cols}, prefix + ".value", {all})};
}

ValueId normed(Builder& b, const GroupedAttentionBlock& s, const std::string& name, ValueId x,
               int64_t heads) {
  if (s.qk_norm == QkNorm::row) return norm(b, name, x, heads * s.head_dim, s.norm);
  return norm(b, name, x, s.head_dim, s.norm, s.qk_norm == QkNorm::each_head ? heads : 1);
}

void norm_heads(Builder& b, const GroupedAttentionBlock& s, const std::string& prefix, Heads& h) {
  h.q = normed(b, s, prefix + "." + s.q_norm, h.q, s.heads);
  h.k = normed(b, s, prefix + "." + s.k_norm, h.k, s.kv_heads);
}

}  // namespace

ValueId grouped_attention(Builder& b, const GroupedAttentionBlock& s, const std::string& prefix, ValueId x,
                          const LayerPosition& at) {
  Heads h = project(b, s, prefix, x);
  const bool late_norm = s.qk_norm == QkNorm::head_after_rope;
  if (s.qk_norm != QkNorm::none && !late_norm) norm_heads(b, s, prefix, h);
  if (s.clip > 0) {
    const Pointwise clip{Function::clamp, s.clip};
    h = {b.add(clip, prefix + ".q_clip", {h.q}), b.add(clip, prefix + ".k_clip", {h.k}),
         b.add(clip, prefix + ".v_clip", {h.v})};
  }
  if (at.inv_freq >= 0) {
    const Rope rope{s.head_dim, 0, s.rope_dim, s.pairing, at.scale};
    h.q = b.add(rope, prefix + ".q_rope", {h.q, at.positions, at.inv_freq});
    h.k = b.add(rope, prefix + ".k_rope", {h.k, at.positions, at.inv_freq});
  }
  if (late_norm) norm_heads(b, s, prefix, h);
  const auto kept = [&](const std::string& name, ValueId rows) {
    const ValueId cache = b.cache(prefix + "." + name, s.kv_heads * s.head_dim, s.head_dim);
    return b.add(CacheAppend{}, prefix + "." + name + ".append", {cache, rows, at.positions});
  };
  const ValueId keys = kept("keys", h.k);
  const ValueId values = kept("values", h.v);
  Attention op;
  op.heads = s.heads;
  op.kv_heads = s.kv_heads;
  op.key_dim = op.value_dim = s.head_dim;
  op.keys = op.values = {0, s.head_dim};
  op.scale = s.scale;
  op.mask.window = at.window;
  const ValueId y = b.add(op, prefix + ".attention", {h.q, keys, values, at.positions});
  return linear(b, prefix + "." + s.output, y, s.heads * s.head_dim, s.hidden, s.output_bias, s.stored);
}

}  // namespace clinfer::graph

#include "graph/models/native_sparse_block.h"

#include <cmath>

#include "graph/models/blocks.h"

namespace clinfer::graph {
namespace {

/// What the branches share.
struct Stream {
  Builder& b;
  const NativeSparseBlock& s;
  ValueId x;
  ValueId positions;
  ValueId inv_freq;

  ValueId projected(const std::string& name) const {
    return linear(b, name, x, s.hidden, s.kv_heads * s.head_dim);
  }
  ValueId rotated(const std::string& name, ValueId value) const {
    return b.add(Rope{s.head_dim, 0, s.head_dim, RopePairing::half, s.rotary_scale}, name,
                 {value, positions, inv_freq});
  }
  /// Rows appended to a cache of their own at `at`.
  ValueId cached(const std::string& name, ValueId rows, ValueId at) const {
    const ValueId cache = b.cache(name, s.kv_heads * s.head_dim, s.head_dim);
    return b.add(CacheAppend{0}, name + ".append", {cache, rows, at});
  }
};

struct KeysAndValues {
  ValueId keys, values;
};

KeysAndValues plain_caches(const Stream& in, const std::string& branch) {
  const ValueId key = in.rotated(branch + ".k_rope", in.projected(branch + ".k_proj"));
  const ValueId value = in.projected(branch + ".v_proj");
  return {in.cached(branch + ".keys", key, in.positions), in.cached(branch + ".values", value, in.positions)};
}

/// A cache of pooled blocks, beside one of the rows that they are made of.
ValueId pooled_cache(const Stream& in, const std::string& branch, const std::string& kind) {
  const NativeSparseBlock& s = in.s;
  const std::string pool = branch + "." + kind + "_pool";
  const ValueId rows =
      in.cached(branch + "." + kind + "_rows", in.projected(branch + "." + kind + "_proj"), in.positions);
  const ValueId pooled = in.b.add(BlockCompress{s.kv_heads, s.head_dim, s.stride, s.length}, pool,
                                  {rows, in.b.vector(pool + ".embedding", s.head_dim, s.length),
                                   in.b.vector(pool + ".w1", s.length * s.head_dim, s.pool_hidden),
                                   in.b.vector(pool + ".w2", s.pool_hidden, s.head_dim), in.positions});
  return in.cached(branch + "." + kind + "_pooled", pooled, in.b.result(pooled, 1));
}

Attention attention_of(const NativeSparseBlock& s) {
  return {.heads = s.heads,
          .kv_heads = s.kv_heads,
          .key_dim = s.head_dim,
          .value_dim = s.head_dim,
          .keys = {0, s.head_dim},
          .values = {0, s.head_dim},
          .scale = static_cast<float>(1 / std::sqrt(static_cast<double>(s.head_dim)))};
}

}  // namespace

ValueId native_sparse_attention(Builder& b, const NativeSparseBlock& s, const std::string& prefix, ValueId x,
                                ValueId positions, ValueId inv_freq) {
  const Stream in{b, s, x, positions, inv_freq};
  const ValueId q = linear(b, prefix + ".q_proj", x, s.hidden, s.heads * s.head_dim);
  const ValueId rotated = in.rotated(prefix + ".q_rope", q);

  Attention op = attention_of(s);
  op.mask = {.stride = s.stride, .length = s.length};
  const std::string compressed = prefix + ".compressed";
  const ValueId keys = pooled_cache(in, compressed, "k");
  const ValueId from_pooled = b.add(op, compressed, {q, keys, pooled_cache(in, compressed, "v"), positions});

  op.mask = {};
  op.selection = {s.count, s.kv_heads, s.block};
  const std::string selected = prefix + ".selected";
  const ValueId blocks = b.add(BlockSelect{s.heads, s.kv_heads, s.head_dim, op.scale, s.stride, s.length,
                                           s.block, s.count, s.initial, s.local},
                               selected + ".blocks", {q, keys, positions});
  KeysAndValues kv = plain_caches(in, selected);
  const ValueId from_selected = b.add(op, selected, {rotated, kv.keys, kv.values, positions, blocks});

  op.selection = {};
  op.mask = {.window = s.window};
  kv = plain_caches(in, prefix + ".window");
  const ValueId from_window = b.add(op, prefix + ".window", {rotated, kv.keys, kv.values, positions});

  const ValueId gates = linear(b, prefix + ".gate_proj", x, s.hidden, 3 * s.heads);
  const ValueId y =
      b.add(GatedSum{s.heads}, prefix + ".gated", {gates, from_pooled, from_selected, from_window});
  return linear(b, prefix + ".o_proj", y, s.heads * s.head_dim, s.hidden);
}

}  // namespace clinfer::graph

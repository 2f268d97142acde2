#pragma once

#include "graph/op.h"
#include "graph/ops/attention.h"

namespace clinfer::graph {

/// Multi-head latent attention (DeepSeek-V2, section 2.1) over a cache of rows [latent (rank) | rotary key
/// (rope_dim)]: (q f32[tokens, heads * (nope_dim + rope_dim)] already rotated, cache of width rank +
/// rope_dim,
///  kv_b weight [heads * (nope_dim + value_dim), rank], positions i32[tokens, 1], with `selected` > 0 also
///  the rows that an indexer chose, i32[tokens, selected], -1: none) -> f32[tokens, heads * value_dim]
/// Each head's rows of kv_b are [nope_dim key rows | value_dim value rows]. A composite: the pass
/// expand_latent_attention turns it into the naive form (prefill) or the absorbed one (decode); the reference
/// is the naive form. C1 q has heads * (nope_dim + rope_dim) columns; C2 the cache is rank + rope_dim wide;
/// C3 kv_b is [heads * (nope_dim + value_dim), rank]; C4 positions is i32[tokens, 1]; C5 as many operands
/// as asked for, selected is i32[tokens, selected].
struct LatentAttention {
  static constexpr std::string_view kName = "latent_attention";
  int64_t heads = 1;
  int64_t nope_dim = 1;
  int64_t rope_dim = 2;
  int64_t value_dim = 1;
  int64_t rank = 1;
  float scale = 1.0f;
  int64_t selected = 0;  ///< rows that a token attends to; 0: all before it
  bool operator==(const LatentAttention&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
  /// Attention of the naive form: (q, kv, kv, positions, cache, selected?) with kv = latent kv_b^T,
  /// f32[context, heads * (nope_dim + value_dim)].
  Attention naive() const;
  /// Of the absorbed form: (q in the latent's space, cache, cache, positions, selected?).
  Attention absorbed() const;
};

}  // namespace clinfer::graph

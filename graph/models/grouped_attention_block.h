#pragma once

#include <string>

#include "graph/graph.h"
#include "graph/models/blocks.h"
#include "graph/models/norm_block.h"

namespace clinfer::graph {

/// What query and key are normed over, and whether before or after the rotation.
enum class QkNorm {
  none,
  head,             ///< each head by one weight [head_dim]
  each_head,        ///< each head by a row of a weight [heads, head_dim]
  row,              ///< the whole projection by a weight [heads * head_dim]
  head_after_rope,  ///< as head, after the rotation
};

/// Grouped-query attention (Ainslie et al. 2023) and what families add to it. All of it, and the names of its
/// tensors.
struct GroupedAttentionBlock {
  int64_t hidden = 1;
  int64_t heads = 1;
  int64_t kv_heads = 1;
  int64_t head_dim = 2;
  int64_t rope_dim = 2;  ///< first columns of a head that rotate
  bool qkv_bias = false;
  bool output_bias = false;
  bool fused = false;  ///< one matrix `qkv` of the rows of q, k and v in place of three
  Stored stored = Stored::rows;
  RopePairing pairing = RopePairing::half;
  QkNorm qk_norm = QkNorm::none;
  NormBlock norm;      ///< of query and key
  float clip = 0.0f;   ///< q, k and v are clamped to [-clip, clip], 0: not
  float scale = 0.0f;  ///< of the scores
  std::string q = "q_proj", k = "k_proj", v = "v_proj", qkv = "qkv_proj", output = "o_proj";
  std::string q_norm = "q_norm", k_norm = "k_norm";
};

/// How one layer knows positions.
struct LayerPosition {
  ValueId positions = -1;
  ValueId inv_freq = -1;  ///< -1: nothing rotates
  float scale = 1.0f;     ///< of the rotated pairs
  int64_t window = 0;     ///< tokens a query sees with itself, 0: all
};

/// The block's output for x f32[tokens, hidden]; keeps keys and values in caches of their own.
ValueId grouped_attention(Builder& b, const GroupedAttentionBlock& s, const std::string& prefix, ValueId x,
                          const LayerPosition& at);

}  // namespace clinfer::graph

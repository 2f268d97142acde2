#pragma once

#include <string>
#include <vector>

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
  l2_after_rope,    ///< each head without a weight, after the rotation, and only where there is one
};

/// Qwen2.5-1M's dual chunk attention (An et al. 2024): within a chunk of `length` tokens distances are as
/// trained, to the chunk before they are cut at `most`, to all others they are `most` or nearly.
struct DualChunk {
  int64_t length = 0;  ///< 0: plain attention
  int64_t most = 0;
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
  bool output_gate = false;    ///< q_proj has [query | gate] of each head; outputs are times sigmoid(gate)
  bool fused = false;          ///< one matrix `qkv` of the rows of q, k and v in place of three
  bool heads_in_turn = false;  ///< a fused one has q, k and v of one head after the other
  /// Multi-matrix factorization (Step-3, 2025): q = UP(norm(Q x)), Q x of so many columns; 0: q = Q x.
  int64_t q_rank = 0;
  Stored stored = Stored::rows;
  RopePairing pairing = RopePairing::half;
  QkNorm qk_norm = QkNorm::none;
  NormBlock norm;             ///< of query and key
  float clip = 0.0f;          ///< q, k and v are clamped to [-clip, clip], 0: not
  float scale = 0.0f;         ///< of the scores
  float softcap = 0.0f;       ///< scores become cap * tanh(scores / cap), 0: not
  bool sinks = false;         ///< PREFIX.sinks [heads]: a score a head that no value answers
  std::vector<float> slopes;  ///< ALiBi's (Press et al. 2021), one a head; empty: none
  PositionScale query_scale;  ///< of the query where the layer asks for it
  DualChunk dual_chunk;
  std::string q = "q_proj", k = "k_proj", v = "v_proj", qkv = "qkv_proj", output = "o_proj";
  std::string q_norm = "q_norm", k_norm = "k_norm";
  std::string q_latent_norm = "inter_norm", q_up = "wq";
};

/// The slopes of ALiBi for so many heads: 2^(-8 i / n) for the largest power of two n <= heads, and between
/// them those of 2 n for the rest.
std::vector<float> alibi_slopes(int64_t heads);

/// Keys and values of a layer that later ones read in place of their own (Brandon et al. 2024).
struct SharedKeys {
  ValueId keys = -1;    ///< rotated, before any norm
  ValueId values = -1;  ///< the written cache
};

/// How one layer knows positions.
struct LayerPosition {
  ValueId positions = -1;
  ValueId inv_freq = -1;  ///< -1: nothing rotates
  float scale = 1.0f;     ///< of the rotated pairs
  int64_t window = 0;     ///< tokens a query sees with itself, 0: all
  int64_t chunk = 0;      ///< only the tokens of the query's own chunk of so many, 0: all
  bool scaled_query = false;
  SharedKeys* shared = nullptr;  ///< set: filled by the first layer that gets it, read by later ones
};

/// The block's output for x f32[tokens, hidden]; keeps keys and values in caches of their own.
ValueId grouped_attention(Builder& b, const GroupedAttentionBlock& s, const std::string& prefix, ValueId x,
                          const LayerPosition& at);

}  // namespace clinfer::graph

#pragma once

#include <string>

#include "graph/graph.h"
#include "graph/models/rotary.h"

namespace clinfer::graph {

/// Native sparse attention (Yuan et al. 2025): three branches over keys and values of their own, weighed by
/// gates. Compressed: blocks of `length` tokens, one each `stride`, pooled by a small network. Selected: the
/// `count` blocks of `block` tokens that matter most by the compressed branch's weights. Window: the last
/// tokens. The compressed branch knows places inside a block from its embedding alone, so its queries and
/// keys are not rotated; those of the other branches are.
struct NativeSparseBlock {
  int64_t hidden = 1;
  int64_t heads = 1;
  int64_t kv_heads = 1;
  int64_t head_dim = 2;
  int64_t length = 32;
  int64_t stride = 16;
  int64_t pool_hidden = 1;  ///< of the pooling network
  int64_t block = 64;
  int64_t count = 16;
  int64_t initial = 1;  ///< first blocks that are always selected
  int64_t local = 2;    ///< last blocks that are always selected
  int64_t window = 512;
  float rotary_scale = 1.0f;  ///< on cos and sin
};

/// The block's output for x f32[tokens, hidden]. Weights: PREFIX.q_proj, BRANCH.k_proj, BRANCH.v_proj for the
/// branches compressed, selected and window, compressed.{k,v}_pool.{embedding [length, head_dim], w1
/// [pool_hidden, length * head_dim], w2 [head_dim, pool_hidden]}, gate_proj [3 * heads, hidden], o_proj.
ValueId native_sparse_attention(Builder& b, const NativeSparseBlock& s, const std::string& prefix, ValueId x,
                                ValueId positions, ValueId inv_freq);

}  // namespace clinfer::graph

#pragma once

#include <string>

#include "graph/graph.h"
#include "graph/models/indexer_block.h"
#include "graph/models/rotary.h"

namespace clinfer::graph {

/// Multi-head latent attention (DeepSeek-V2, section 2.1) as published checkpoints hold it.
struct LatentAttentionBlock {
  int64_t hidden = 1;
  int64_t heads = 1;
  int64_t q_rank = 0;  ///< 0: a single q_proj
  int64_t kv_rank = 1;
  int64_t nope_dim = 1;
  int64_t rope_dim = 2;
  int64_t value_dim = 1;
  bool bias = false;  ///< on q_a_proj, kv_a_proj_with_mqa and o_proj
  RopePairing pairing = RopePairing::interleaved;
  Rotary rotary;
  IndexerBlock indexer;
};

LatentAttentionBlock read_latent_attention(const Meta& config, int64_t context = 0);

/// The block's output for x f32[tokens, hidden]; keeps [latent | rotated key] rows in a cache.
/// inv_freq -1: nothing rotates.
/// With an indexer: *selected are the rows that an earlier layer's chose, to be used here too, or -1; then
/// they are what this layer's chooses.
ValueId latent_attention(Builder& b, const LatentAttentionBlock& s, const std::string& prefix, ValueId x,
                         ValueId positions, ValueId inv_freq, ValueId* selected = nullptr);

}  // namespace clinfer::graph

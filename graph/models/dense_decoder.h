#pragma once

#include <vector>

#include "graph/models/model.h"
#include "graph/models/rotary.h"

namespace clinfer::graph {

/// A pre-norm decoder with grouped-query attention and SwiGLU: LLaMA and what adds attributes to it.
struct DenseDecoder {
  int64_t layers = 1;
  int64_t hidden = 1;
  int64_t intermediate = 1;
  int64_t heads = 1;
  int64_t kv_heads = 1;
  int64_t head_dim = 2;
  int64_t vocab = 1;
  int64_t max_positions = 2048;
  float eps = 1e-6f;
  bool qkv_bias = false;
  bool output_bias = false;  ///< of o_proj
  bool mlp_bias = false;
  bool qk_norm = false;  ///< RMSNorm of each head's query and key before the rotation
  bool tied = false;     ///< lm_head is the embedding
  RopePairing pairing = RopePairing::half;
  Rotary rotary;
  std::vector<int64_t> windows;  ///< a layer's sliding window, 0: none; empty: none anywhere
};

/// The keys that all of these families share.
DenseDecoder read_dense_decoder(const Meta& config);
Model build_dense_decoder(const DenseDecoder& spec);

}  // namespace clinfer::graph

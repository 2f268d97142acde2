#pragma once

#include <string>

#include "graph/graph.h"
#include "graph/meta.h"

namespace clinfer::graph {

/// Gated DeltaNet (Yang et al. 2024) as Qwen3-Next has it: a causal convolution over query, key and value,
/// the delta rule with a decay a head, an output norm of each head times silu(z).
struct GatedDeltaBlock {
  int64_t hidden = 1;
  int64_t key_heads = 1;
  int64_t value_heads = 1;  ///< a multiple of key_heads
  int64_t key_dim = 1;
  int64_t value_dim = 1;
  int64_t taps = 2;
  bool grouped =
      false;  ///< in_proj_qkvz and in_proj_ba hold [q | k | v | z] and [b | a] of each key head in turn
  float eps = 1e-6f;  ///< of the output norm
};

/// Reads linear_{num_key_heads, num_value_heads, key_head_dim, value_head_dim, conv_kernel_dim}.
GatedDeltaBlock read_gated_delta(const Meta& config, int64_t hidden);

/// The block's output for x f32[tokens, hidden]; keeps the convolution's last rows and a matrix a head.
ValueId gated_delta(Builder& b, const GatedDeltaBlock& s, const std::string& prefix, ValueId x,
                    ValueId positions);

}  // namespace clinfer::graph

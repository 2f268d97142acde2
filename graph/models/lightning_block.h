#pragma once

#include <string>

#include "graph/graph.h"

namespace clinfer::graph {

/// Lightning attention (Qin et al. 2024) as MiniMax-01 has it: q, k and v are silu of one projection, a
/// head's state decays by a constant of head and layer, the output is normed whole and gated by a sigmoid.
struct LightningBlock {
  int64_t hidden = 1;
  int64_t heads = 1;
  int64_t head_dim = 1;
  int64_t layers = 1;  ///< of the model
  float eps = 1e-6f;   ///< of the output norm
};

/// The block's output for x f32[tokens, hidden]; keeps a matrix a head.
ValueId lightning(Builder& b, const LightningBlock& s, const std::string& prefix, ValueId x,
                  ValueId positions, int64_t layer);

}  // namespace clinfer::graph

#pragma once

#include <string>

#include "graph/graph.h"

namespace clinfer::graph {

/// Kimi delta attention (Kimi Linear, Moonshot AI 2025): convolutions of query, key and value, the delta rule
/// with a decay a channel of low rank, an output norm of each head times a sigmoid gate of low rank.
struct KimiDeltaBlock {
  int64_t hidden = 1;
  int64_t heads = 1;
  int64_t dim = 1;  ///< of a head's key and value, and the rank of both gates
  int64_t taps = 2;
  float eps = 1e-6f;  ///< of the output norm
};

/// The block's output for x f32[tokens, hidden]; keeps the convolutions' last rows and a matrix a head.
ValueId kimi_delta(Builder& b, const KimiDeltaBlock& s, const std::string& prefix, ValueId x,
                   ValueId positions);

}  // namespace clinfer::graph

#pragma once

#include <string>

#include "graph/graph.h"

namespace clinfer::graph {

enum class NormKind { rms, layer };

/// How a family norms.
struct NormBlock {
  NormKind kind = NormKind::rms;
  float eps = 1e-6f;
  bool unit_offset = false;  ///< the weight's distance from one is stored
  bool bias = false;         ///< layer: PREFIX.bias
};

/// PREFIX.weight over groups of `size` columns; with heads > 1 the weight is [heads, size], a row a head.
ValueId norm(Builder& b, const std::string& prefix, ValueId x, int64_t size, const NormBlock& s,
             int64_t heads = 1);

}  // namespace clinfer::graph

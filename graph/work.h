#pragma once

#include <string>

#include "graph/graph.h"

namespace clinfer::graph {

/// What one call must do at least, on a device that keeps nothing but weights and caches in memory.
struct Work {
  double flops = 0;         ///< multiply and add count as two
  double weight_bytes = 0;  ///< of weights read, each once, in their formats
  double cache_bytes = 0;   ///< of cache rows read, in their formats, as far as masks let queries see
};

/// The work of a call of these sizes. Of an embedding the tokens' rows are read; of routed experts those that
/// so many tokens are expected to meet when every expert is as likely: E (1 - (1 - k / E)^tokens).
/// Weights need a format (graph/passes/choose_formats.h).
Work work_of(const Graph& graph, const Sizes& sizes);

/// Of it, what matrix products with weights do (linear, expert_linear, head_linear).
double matmul_flops(const Graph& graph, const Sizes& sizes);

/// Bytes of all weights in their formats.
double weight_bytes(const Graph& graph);

}  // namespace clinfer::graph

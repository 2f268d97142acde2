#pragma once

#include <cstdint>

#include "graph/graph.h"

namespace clinfer::graph {

/// Parameters of a graph's weights: all of them, and those that one token touches (the routed experts' share
/// of theirs; embedding and head count whole).
struct Parameters {
  int64_t total = 0;
  int64_t active = 0;
};
Parameters count_parameters(const Graph& graph);

/// Bytes that one token adds to the caches, in their formats.
double cache_bytes_per_token(const Graph& graph);

}  // namespace clinfer::graph

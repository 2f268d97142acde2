#pragma once

#include "graph/graph.h"

namespace clinfer::graph {

/// Gives the first norm (RmsNorm) of each sum of two matrices (Add) the sum's operands, so that it adds them
/// up itself and one step takes the place of two. Returns how many have been joined.
int64_t join_residuals(Graph& graph);

}  // namespace clinfer::graph

#pragma once

#include <vector>

#include "graph/graph.h"

namespace clinfer::graph {

/// Device of every stage: [0] the embedding, [1 + i] layer i, [1 + layers] the head.
using Placement = std::vector<int>;

/// Gives every node the device of its stage. Weights, constants and caches move to the node that uses them
/// (and are doubled when two devices use them); inputs lie where they are first used; a value needed
/// elsewhere goes through a Copy node, one for each value and device.
void place_devices(Graph& graph, const Placement& placement);

}  // namespace clinfer::graph

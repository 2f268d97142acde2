#pragma once

#include <string>

#include "graph/graph.h"

namespace clinfer::graph {

/// One line a node, the same text for the same graph:
///   %12 = linear %10, W(model.layers.0.self_attn.q_proj.weight q8_0) : f32[tokens, 384] @0
/// %N is value N; W(name format) a weight, V(name) a norm weight or bias, C(name) a constant, K(name format)
/// a cache; {attributes}, result types and the device follow.
std::string to_text(const Graph& graph);

/// Graphviz: a box a node in its device's colour, a cluster a stage; weights are left to the boxes' labels.
std::string to_dot(const Graph& graph);

/// {"name", "stages", "values": [...], "nodes": [...], "inputs": [ids], "outputs": [ids]}; value ids are
/// indices of "values". Constants give their size, not their data.
std::string to_json(const Graph& graph);

/// The attributes of an op, "offset=0, width=4"; empty for an op that has none.
std::string attributes_text(const Op& op);

}  // namespace clinfer::graph

#pragma once

#include "graph/graph.h"

namespace clinfer::graph {

/// Throws Error(Fault::model) that names the graph, the node (or value) and the constraint, unless
/// G1  every value id is in range;
/// G2  operands are inputs, weights, constants, caches or results of earlier nodes;
/// G3  every result is made once, and its value names the node that makes it;
/// G4  each node's results have the number and types that its op's infer() gives;
/// G5  a cache version is not used once it has been overwritten; a written cache has the spec of its cache
/// and
///     is an alias of the cache itself, not of another version;
/// G6  a node's operands and results lie on its device (a copy's operand lies on another one), and a written
/// cache
///     on the device of its cache;
/// G7  inputs are exactly the Input values, outputs are results, none twice, and there is an output;
/// G8  names of values, and names of nodes, are unique and not empty;
/// G9  a node's stage is in [kEmbeddingStage, stages];
/// G10 a weight, constant or cache has the type its source says, its dimensions are positive, a weight has
/// one
///     tensor or one per expert, and formats are known.
void verify(const Graph& graph);

}  // namespace clinfer::graph

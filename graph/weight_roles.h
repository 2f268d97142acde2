#pragma once

#include <map>
#include <string>

#include "graph/graph.h"

namespace clinfer::graph {

/// What a weight is for, and in which layer: from the op that reads it and the module's name.
struct WeightRole {
  std::string name;  ///< attention, mlp, experts, shared_experts, router, embedding, head or vectors
  int layer = 0;     ///< kEmbeddingStage: embedding; Graph::stages: head
};

/// The role of every weight of the graph; of a weight that two ops read, the first one's.
std::map<ValueId, WeightRole> weight_roles(const Graph& graph);

}  // namespace clinfer::graph

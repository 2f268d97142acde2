#pragma once

#include <map>
#include <string>

#include "graph/graph.h"
#include "host/report/data.h"

namespace clinfer::report {

/// What a weight is for, and in which layer: from the op that reads it and the module's name.
struct Role {
  std::string name;
  int layer = 0;  ///< -1: embedding; graph.stages: head
};

/// The role of every weight of the graph; of a weight that two ops read, the first one's.
std::map<graph::ValueId, Role> roles_of(const graph::Graph& graph);

/// Elements and bytes by role of everything that a graph's weights take on the devices.
std::map<std::string, RoleSize> sizes_of(const graph::Graph& graph);

}  // namespace clinfer::report

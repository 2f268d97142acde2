#pragma once

#include <map>
#include <string>

#include "graph/weight_roles.h"
#include "host/report/data.h"

namespace clinfer::report {

using Role = graph::WeightRole;

/// Elements and bytes by role of everything that a graph's weights take on the devices.
std::map<std::string, RoleSize> sizes_of(const graph::Graph& graph);

}  // namespace clinfer::report

#include "host/report/roles.h"

#include <set>

#include "host/kernels/weight_layout.h"

namespace clinfer::report {

std::map<std::string, RoleSize> sizes_of(const graph::Graph& graph) {
  std::map<std::string, RoleSize> sizes;
  std::set<std::string> counted;  // a weight that two devices hold is one weight
  for (const auto& [id, role] : graph::weight_roles(graph)) {
    const graph::Weight& weight = *graph.value(id).weight();
    if (!counted.insert(weight.tensors.front()).second) continue;
    RoleSize& size = sizes[role.name];
    size.elements += weight.experts * weight.rows * weight.cols;
    size.bytes += kernels::layout_of(weight).bytes;
  }
  return sizes;
}

}  // namespace clinfer::report

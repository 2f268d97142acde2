#include "host/cli/tensor_roles.h"

#include "graph/weight_roles.h"

namespace clinfer::cli {
namespace {

void add_roles(const graph::Graph& graph, quantize::Roles& roles) {
  for (const auto& [id, role] : graph::weight_roles(graph)) {
    for (const std::string& tensor : graph.value(id).weight()->tensors) roles.try_emplace(tensor, role.name);
  }
}

}  // namespace

quantize::Roles tensor_roles(const graph::Model& model) {
  quantize::Roles roles;
  add_roles(model.main, roles);
  if (model.draft) add_roles(*model.draft, roles);
  return roles;
}

}  // namespace clinfer::cli

#include "host/report/roles.h"

#include <set>

#include "host/kernels/weight_layout.h"

namespace clinfer::report {
namespace {

std::set<graph::ValueId> router_logits(const graph::Graph& graph) {
  std::set<graph::ValueId> logits;
  for (const graph::Node& node : graph.nodes) {
    if (std::holds_alternative<graph::Router>(node.op)) logits.insert(node.inputs.front());
  }
  return logits;
}

std::string role_of(const graph::Graph& graph, const graph::Node& node, const graph::Weight& weight,
                    bool makes_router_logits) {
  const auto named = [&](const char* part) { return node.name.find(part) != std::string::npos; };
  if (weight.vector) return "vectors";
  if (std::holds_alternative<graph::Embedding>(node.op)) return "embedding";
  if (std::holds_alternative<graph::ExpertLinear>(node.op)) return "experts";
  if (makes_router_logits) return "router";
  if (named("shared_expert")) return "shared_experts";
  if (named("attn") || std::holds_alternative<graph::HeadLinear>(node.op)) return "attention";
  // After those two: a draft module is one last stage, its projection of hidden states counts as head.
  if (node.stage == graph.stages) return "head";
  return "mlp";
}

}  // namespace

std::map<graph::ValueId, Role> roles_of(const graph::Graph& graph) {
  const std::set<graph::ValueId> logits = router_logits(graph);
  std::map<graph::ValueId, Role> roles;
  for (const graph::Node& node : graph.nodes) {
    const bool routes = !node.outputs.empty() && logits.contains(node.outputs.front());
    for (const graph::ValueId id : node.inputs) {
      if (id < 0 || graph.value(id).weight() == nullptr) continue;
      roles.try_emplace(id, Role{role_of(graph, node, *graph.value(id).weight(), routes), node.stage});
    }
  }
  return roles;
}

std::map<std::string, RoleSize> sizes_of(const graph::Graph& graph) {
  std::map<std::string, RoleSize> sizes;
  std::set<std::string> counted;  // a weight that two devices hold is one weight
  for (const auto& [id, role] : roles_of(graph)) {
    const graph::Weight& weight = *graph.value(id).weight();
    if (!counted.insert(weight.tensors.front()).second) continue;
    RoleSize& size = sizes[role.name];
    size.elements += weight.experts * weight.rows * weight.cols;
    size.bytes += kernels::layout_of(weight).bytes;
  }
  return sizes;
}

}  // namespace clinfer::report

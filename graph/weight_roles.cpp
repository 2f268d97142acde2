#include "graph/weight_roles.h"

#include <set>

namespace clinfer::graph {
namespace {

std::set<ValueId> router_logits(const Graph& graph) {
  std::set<ValueId> logits;
  for (const Node& node : graph.nodes) {
    if (std::holds_alternative<Router>(node.op)) logits.insert(node.inputs.front());
  }
  return logits;
}

std::string role_of(const Graph& graph, const Node& node, const Weight& weight, bool makes_router_logits) {
  const auto named = [&](const char* part) { return node.name.find(part) != std::string::npos; };
  if (weight.vector) return "vectors";
  if (std::holds_alternative<Embedding>(node.op)) return "embedding";
  if (std::holds_alternative<ExpertLinear>(node.op)) return "experts";
  if (makes_router_logits) return "router";
  if (named(".shared_")) return "shared_experts";
  if (named("attn") || std::holds_alternative<HeadLinear>(node.op)) return "attention";
  // After those two: a draft module is one last stage, its projection of hidden states counts as head.
  if (node.stage == graph.stages) return "head";
  return "mlp";
}

}  // namespace

std::map<ValueId, WeightRole> weight_roles(const Graph& graph) {
  const std::set<ValueId> logits = router_logits(graph);
  std::map<ValueId, WeightRole> roles;
  for (const Node& node : graph.nodes) {
    const bool routes = !node.outputs.empty() && logits.contains(node.outputs.front());
    for (const ValueId id : node.inputs) {
      if (id < 0 || graph.value(id).weight() == nullptr) continue;
      roles.try_emplace(id, WeightRole{role_of(graph, node, *graph.value(id).weight(), routes), node.stage});
    }
  }
  return roles;
}

}  // namespace clinfer::graph

#include "graph/passes/join_residuals.h"

#include <map>
#include <set>
#include <string>

#include "graph/passes/rewrite.h"

namespace clinfer::graph {

namespace {

bool is_plain_sum(const Graph& graph, const Node& node) {
  const auto* add = std::get_if<Add>(&node.op);
  return add != nullptr && add->scale == 1.0f &&
         graph.value(node.inputs[0]).type == graph.value(node.inputs[1]).type;
}

/// The first norm of each sum, by the sum's value.
std::map<ValueId, const Node*> norms_of_sums(const Graph& graph, const std::vector<Node>& nodes) {
  std::map<ValueId, const Node*> sums;
  for (const Node& node : nodes) {
    if (is_plain_sum(graph, node)) sums[node.outputs[0]] = nullptr;
    if (!std::holds_alternative<RmsNorm>(node.op) || node.inputs.size() != 2) continue;
    const auto sum = sums.find(node.inputs[0]);
    if (sum != sums.end() && sum->second == nullptr) sum->second = &node;
  }
  return sums;
}

}  // namespace

int64_t join_residuals(Graph& graph) {
  Rewriter rewriter(graph);
  const auto norms = norms_of_sums(graph, rewriter.old_nodes());
  std::set<const Node*> joined;
  for (const Node& node : rewriter.old_nodes()) {
    const auto found = is_plain_sum(graph, node) ? norms.find(node.outputs[0]) : norms.end();
    if (found != norms.end() && found->second != nullptr) {
      const Node& norm = *found->second;
      std::vector<ValueId> outputs = norm.outputs;
      outputs.insert(outputs.begin() + 1, node.outputs[0]);
      rewriter.keep({norm.op,
                     norm.name,
                     {node.inputs[0], norm.inputs[1], node.inputs[1]},
                     std::move(outputs),
                     node.stage,
                     node.device});
      joined.insert(&norm);
    } else if (!joined.contains(&node)) {
      rewriter.keep(node);
    }
  }
  rewriter.done();
  return static_cast<int64_t>(joined.size());
}

}  // namespace clinfer::graph

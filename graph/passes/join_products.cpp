#include "graph/passes/join_products.h"

#include <map>
#include <tuple>

#include "graph/passes/rewrite.h"

namespace clinfer::graph {
namespace {

constexpr size_t kMostOperands = 8;  ///< linear C0

}  // namespace

int64_t join_products(Graph& graph, const SuitsProducts& suits) {
  using Place = std::tuple<ValueId, int, int>;  // x, stage, device
  const auto place_of = [](const Node& node) { return Place{node.inputs[0], node.stage, node.device}; };
  const auto can_join = [&](const Node& node) {
    return std::holds_alternative<Linear>(node.op) && node.inputs.size() == 2 &&
           suits(graph.value(node.inputs[1]), graph.value(node.inputs[0]).type);
  };
  Rewriter rewriter(graph);
  std::map<Place, ValueId> leaders;  // the first result of the step that others may join
  std::map<ValueId, Node> joined;    // by that result
  for (const Node& node : rewriter.old_nodes()) {
    if (!can_join(node)) continue;
    const auto leader = leaders.find(place_of(node));
    if (leader == leaders.end() || joined.at(leader->second).inputs.size() == kMostOperands) {
      leaders[place_of(node)] = node.outputs[0];
      joined.emplace(node.outputs[0], node);
      continue;
    }
    Node& all = joined.at(leader->second);
    all.inputs.push_back(node.inputs[1]);
    all.outputs.push_back(node.outputs[0]);
  }
  int64_t saved = 0;
  for (const Node& node : rewriter.old_nodes()) {
    const auto found = joined.find(node.outputs[0]);
    if (found != joined.end())
      rewriter.keep(found->second);
    else if (can_join(node))
      ++saved;
    else
      rewriter.keep(node);
  }
  rewriter.done();
  return saved;
}

}  // namespace clinfer::graph

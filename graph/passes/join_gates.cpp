#include "graph/passes/join_gates.h"

#include <map>
#include <set>

#include "graph/passes/rewrite.h"

namespace clinfer::graph {
namespace {

/// The three steps that one takes the place of.
struct Gates {
  const Node* gate;
  const Node* up;
  const Node* glu;
};

/// Who makes a value, and whether one operand alone reads it.
class Reads {
 public:
  explicit Reads(const Graph& graph, const std::vector<Node>& nodes) {
    for (const ValueId id : graph.outputs) ++readers_[id];
    for (const Node& node : nodes) {
      for (const ValueId id : node.inputs) ++readers_[id];
      for (const ValueId id : node.outputs) makers_[id] = &node;
    }
  }

  /// The Op that makes a value which nothing else reads, or nullptr.
  template <class Op>
  const Node* maker_of(ValueId id) const {
    const auto maker = makers_.find(id);
    const bool is_op = maker != makers_.end() && std::holds_alternative<Op>(maker->second->op);
    return is_op && readers_.at(id) == 1 ? maker->second : nullptr;
  }

 private:
  std::map<ValueId, const Node*> makers_;
  std::map<ValueId, int> readers_;
};

bool can_join(const Graph& graph, const Gates& gates, const SuitsGates& suits) {
  if (gates.gate == nullptr || gates.up == nullptr) return false;
  for (const Node* node : {gates.gate, gates.up}) {
    if (node->inputs.size() != 2 || node->inputs[0] != gates.gate->inputs[0]) return false;
    if (node->device != gates.glu->device) return false;
  }
  return suits(graph.value(gates.gate->inputs[1]), graph.value(gates.up->inputs[1]),
               graph.value(gates.gate->inputs[0]).type);
}

}  // namespace

int64_t join_gates(Graph& graph, const SuitsGates& suits) {
  Rewriter rewriter(graph);
  const Reads reads(graph, rewriter.old_nodes());
  std::map<const Node*, Gates> joined;  // by the Glu
  std::set<const Node*> gone;
  for (const Node& node : rewriter.old_nodes()) {
    const auto* glu = std::get_if<Glu>(&node.op);
    if (glu == nullptr || node.inputs.size() != 2 || glu->clamped() || glu->format.empty()) continue;
    const Gates gates{reads.maker_of<Linear>(node.inputs[0]), reads.maker_of<Linear>(node.inputs[1]), &node};
    if (!can_join(graph, gates, suits)) continue;
    joined.emplace(&node, gates);
    gone.insert({gates.gate, gates.up});
  }
  for (const Node& node : rewriter.old_nodes()) {
    const auto found = joined.find(&node);
    if (found != joined.end()) {
      const Gates& gates = found->second;
      Node all = node;
      all.inputs = {gates.gate->inputs[0], gates.gate->inputs[1], gates.up->inputs[1]};
      rewriter.keep(all);
    } else if (!gone.contains(&node)) {
      rewriter.keep(node);
    }
  }
  rewriter.done();
  return static_cast<int64_t>(joined.size());
}

}  // namespace clinfer::graph

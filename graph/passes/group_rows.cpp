#include "graph/passes/group_rows.h"

#include <map>
#include <string>
#include <utility>

namespace clinfer::graph {
namespace {

/// What is done with a tensor on a device.
struct Uses {
  bool multiplied = false;
  bool otherwise = false;
};

using UsesOf = std::map<std::pair<int, std::string>, Uses>;

std::pair<int, std::string> key_of(const Value& value) {
  return {value.device, value.weight()->tensors.front()};
}

bool is_matrix(const Value& value) {
  return value.weight() != nullptr && !value.weight()->vector;
}

/// Whether operand i of the node is the matrix of a linear layer.
bool is_multiplied(const Node& node, size_t i) {
  return (std::holds_alternative<Linear>(node.op) && i == 1) ||
         (std::holds_alternative<ExpertLinear>(node.op) && i == 2) ||
         (std::holds_alternative<Glu>(node.op) && i >= 1);
}

UsesOf find_uses(const Graph& graph, const SuitsGroups& suits) {
  UsesOf uses;
  for (const Node& node : graph.nodes) {
    const bool looks_up = std::holds_alternative<Embedding>(node.op);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const Value& value = graph.value(node.inputs[i]);
      if (!is_matrix(value) || looks_up) continue;
      const bool suited = is_multiplied(node, i) && suits(value, graph.value(node.inputs[0]).type);
      (suited ? uses[key_of(value)].multiplied : uses[key_of(value)].otherwise) = true;
    }
  }
  return uses;
}

}  // namespace

int64_t group_rows(Graph& graph, int64_t rows, const SuitsGroups& suits) {
  const UsesOf uses = find_uses(graph, suits);
  int64_t count = 0;
  for (Value& value : graph.values) {
    if (!is_matrix(value)) continue;
    const auto found = uses.find(key_of(value));
    if (found == uses.end() || !found->second.multiplied || found->second.otherwise) continue;
    std::get<Weight>(value.source).row_group = rows;
    ++count;
  }
  return count;
}

}  // namespace clinfer::graph

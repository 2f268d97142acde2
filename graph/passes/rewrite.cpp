#include "graph/passes/rewrite.h"

#include "graph/verify.h"

namespace clinfer::graph {

namespace {

/// Drops results that no node makes any more, and numbers the values anew.
void drop_unmade(Graph& graph) {
  std::vector<bool> made(graph.values.size(), false);
  for (const Node& node : graph.nodes) {
    for (const ValueId id : node.outputs) made[static_cast<size_t>(id)] = true;
  }
  std::vector<Value> kept;
  std::vector<ValueId> ids(graph.values.size(), -1);
  for (size_t i = 0; i < graph.values.size(); ++i) {
    if (graph.values[i].is_result() && !made[i]) continue;
    ids[i] = static_cast<ValueId>(kept.size());
    kept.push_back(std::move(graph.values[i]));
  }
  graph.values = std::move(kept);
  const auto renumber = [&](std::vector<ValueId>& list) {
    for (ValueId& id : list) id = id < 0 ? id : ids[static_cast<size_t>(id)];
  };
  for (Node& node : graph.nodes) {
    renumber(node.inputs);
    renumber(node.outputs);
  }
  renumber(graph.inputs);
  renumber(graph.outputs);
  for (Value& value : graph.values) {
    if (value.alias_of >= 0) value.alias_of = ids[static_cast<size_t>(value.alias_of)];
  }
}

}  // namespace

ValueId Rewriter::emit(Op op, const std::string& name, std::vector<ValueId> inputs, const Node& like) {
  Value value;
  value.name = name;
  value.source = Result{};
  value.device = like.device;
  graph_.values.push_back(std::move(value));
  const auto id = static_cast<ValueId>(graph_.values.size()) - 1;
  emit_into(id, std::move(op), name, std::move(inputs), like);
  return id;
}

void Rewriter::emit_into(ValueId result, Op op, const std::string& name, std::vector<ValueId> inputs,
                         const Node& like) {
  Node node{std::move(op), name, std::move(inputs), {result}, like.stage, like.device};
  const std::vector<const Value*> operands = graph_.operands(node);
  graph_.value(result).type = std::visit([&](const auto& o) { return o.infer(operands); }, node.op).front();
  graph_.nodes.push_back(std::move(node));
}

void Rewriter::done() {
  drop_unmade(graph_);
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    for (ValueId id : graph_.nodes[i].outputs) {
      Value& value = graph_.value(id);
      if (value.is_result()) value.source = Result{static_cast<int>(i)};
    }
  }
  verify(graph_);
}

}  // namespace clinfer::graph

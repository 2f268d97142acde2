#include "graph/passes/rewrite.h"

#include "graph/verify.h"

namespace clinfer::graph {

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
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    for (ValueId id : graph_.nodes[i].outputs) {
      Value& value = graph_.value(id);
      if (value.is_result()) value.source = Result{static_cast<int>(i)};
    }
  }
  verify(graph_);
}

}  // namespace clinfer::graph

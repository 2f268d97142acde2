#include "graph/graph.h"

#include "graph/verify.h"
#include "quant/error.h"

namespace clinfer::graph {

std::vector<const Value*> Graph::operands(const Node& node) const {
  std::vector<const Value*> result;
  result.reserve(node.inputs.size());
  for (const ValueId id : node.inputs) result.push_back(&value(id));
  return result;
}

ValueId Graph::find(std::string_view wanted) const {
  for (const auto* list : {&inputs, &outputs}) {
    for (const ValueId id : *list) {
      if (value(id).name == wanted) return id;
    }
  }
  return -1;
}

ValueId Builder::append(Value value) {
  graph_.values.push_back(std::move(value));
  return static_cast<ValueId>(graph_.values.size()) - 1;
}

ValueId Builder::input(std::string name, Type type) {
  const ValueId id = append({.name = std::move(name), .type = type, .source = Input{}});
  graph_.inputs.push_back(id);
  return id;
}

ValueId Builder::append_weight(std::string name, Weight weight) {
  for (size_t i = 0; i < graph_.values.size(); ++i) {
    const Value& value = graph_.values[i];
    if (value.name != name) continue;
    if (value.weight() != nullptr && *value.weight() == weight) return static_cast<ValueId>(i);
    throw Error(Fault::model, "graph " + graph_.name + ": two values are named " + name);
  }
  const Type type{DType::f32, Dim{weight.experts * weight.rows}, weight.cols};
  return append({.name = std::move(name), .type = type, .source = std::move(weight)});
}

ValueId Builder::weight(std::string tensor, int64_t rows, int64_t cols) {
  return append_weight(tensor, Weight{.tensors = {tensor}, .rows = rows, .cols = cols});
}

ValueId Builder::expert_weight(std::string name, std::vector<std::string> tensors, int64_t experts,
                               int64_t rows, int64_t cols) {
  return append_weight(std::move(name),
                       Weight{.tensors = std::move(tensors), .experts = experts, .rows = rows, .cols = cols});
}

ValueId Builder::vector(std::string tensor, int64_t size, int64_t rows) {
  return append_weight(tensor, Weight{.tensors = {tensor}, .rows = rows, .cols = size, .vector = true});
}

ValueId Builder::constant(std::string name, std::vector<float> data) {
  const Type type{DType::f32, kOneRow, static_cast<int64_t>(data.size())};
  return append({.name = std::move(name), .type = type, .source = Constant{std::move(data)}});
}

ValueId Builder::cache(std::string name, int64_t width, int64_t head, int64_t tail) {
  return append({.name = std::move(name),
                 .type = {DType::f32, kContext, width},
                 .source = Cache{.width = width, .head = head, .tail = tail}});
}

ValueId Builder::state(std::string name, int64_t rows, int64_t width) {
  return append({.name = std::move(name),
                 .type = {DType::f32, Dim{rows}, width},
                 .source = Cache{.width = width, .state_rows = rows}});
}

ValueId Builder::add(Op op, std::string name, std::vector<ValueId> inputs) {
  Node node{.op = std::move(op), .name = std::move(name), .inputs = std::move(inputs), .stage = stage_};
  std::vector<Type> types;
  try {
    const auto operands = graph_.operands(node);
    types = std::visit([&](const auto& o) { return o.infer(operands); }, node.op);
  } catch (const Error& error) {
    throw Error(error.fault(), "graph " + graph_.name + ", node " + node.name + ": " + error.what());
  }
  const int index = static_cast<int>(graph_.nodes.size());
  for (size_t i = 0; i < types.size(); ++i) {
    Value value{.name = i == 0 ? node.name : node.name + "." + std::to_string(i),
                .type = types[i],
                .source = Result{index}};
    if (const int operand = written_operand(node.op, i); operand >= 0) {
      const ValueId written = node.inputs[static_cast<size_t>(operand)];
      const ValueId root = graph_.value(written).alias_of;
      value.source = graph_.value(written).source;
      value.alias_of = root < 0 ? written : root;
    }
    node.outputs.push_back(append(std::move(value)));
  }
  graph_.nodes.push_back(std::move(node));
  return graph_.nodes.back().outputs[0];
}

ValueId Builder::result(ValueId first, int index) const {
  const auto* made = std::get_if<Result>(&graph_.value(first).source);
  if (made == nullptr) {
    throw Error(Fault::model,
                "graph " + graph_.name + ": " + graph_.value(first).name + " is made by no node");
  }
  return graph_.nodes.at(static_cast<size_t>(made->node)).outputs.at(static_cast<size_t>(index));
}

void Builder::output(ValueId id, std::string name) {
  graph_.value(id).name = std::move(name);
  graph_.outputs.push_back(id);
}

Graph Builder::finish(int layers) {
  graph_.stages = layers;
  verify(graph_);
  return std::move(graph_);
}

}  // namespace clinfer::graph

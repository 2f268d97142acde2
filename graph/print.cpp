#include "graph/print.h"

namespace clinfer::graph {
namespace {

std::string id_text(ValueId id) {
  return std::string("%").append(std::to_string(id));
}

std::string with_format(const std::string& name, const std::string& format) {
  return format.empty() ? name : name + " " + format;
}

std::string operand_text(const Graph& graph, ValueId id) {
  const Value& value = graph.value(id);
  if (const Weight* weight = value.weight()) {
    return (weight->vector ? "V(" : "W(") + with_format(value.name, weight->format) + ")";
  }
  if (value.constant() != nullptr) return "C(" + value.name + ")";
  if (value.cache() != nullptr && value.alias_of < 0)
    return "K(" + with_format(value.name, value.cache()->format) + ")";
  return id_text(id);
}

template <typename Item, typename Text>
std::string joined(const std::vector<Item>& items, const Text& text) {
  std::string result;
  for (size_t i = 0; i < items.size(); ++i) result += (i == 0 ? "" : ", ") + text(items[i]);
  return result;
}

std::string node_text(const Graph& graph, const Node& node) {
  std::string line = joined(node.outputs, id_text) + " = ";
  line += name_of(node.op);
  line.append(" ").append(joined(node.inputs, [&](ValueId id) { return operand_text(graph, id); }));
  const std::string attributes = attributes_text(node.op);
  if (!attributes.empty()) line.append(" {").append(attributes).append("}");
  line += " : " + joined(node.outputs, [&](ValueId id) { return to_string(graph.value(id).type); });
  return line + " @" + std::to_string(node.device) + "\n";
}

}  // namespace

std::string attributes_text(const Op& op) {
  const Attributes attributes = std::visit([](const auto& o) { return o.attributes(); }, op);
  return joined(attributes, [](const auto& pair) { return std::string(pair.first) + "=" + pair.second; });
}

std::string to_text(const Graph& graph) {
  std::string text = "graph " + graph.name + ", " + std::to_string(graph.stages) + " layers\n";
  for (const ValueId id : graph.inputs) {
    const Value& value = graph.value(id);
    text += "input " + id_text(id) + " " + value.name + " : " + to_string(value.type) + "\n";
  }
  for (const Node& node : graph.nodes) text += node_text(graph, node);
  for (const ValueId id : graph.outputs) text += "output " + id_text(id) + " " + graph.value(id).name + "\n";
  return text;
}

}  // namespace clinfer::graph

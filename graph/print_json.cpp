#include <cstdio>

#include "graph/print.h"

namespace clinfer::graph {
namespace {

/// A JSON string (RFC 8259, section 7); bytes from 0x80 on are taken as UTF-8 and left as they are.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      result += escape;
    } else {
      result += c;
    }
  }
  return result + "\"";
}

/// A list, one item a line where `separator` holds a line break.
template <typename Items, typename Text>
std::string list(const Items& items, const Text& text, const std::string& separator = ", ") {
  std::string result = "[";
  bool first = true;
  for (const auto& item : items) {
    if (!first) result += separator;
    result += text(item);
    first = false;
  }
  return result + "]";
}

std::string id_text(ValueId id) {
  return std::to_string(id);
}

std::string source_json(const Value& value) {
  if (const Weight* weight = value.weight()) {
    return R"("source": "weight", "format": )" + quoted(weight->vector ? "f32" : weight->format) +
           R"(, "experts": )" + std::to_string(weight->experts) + R"(, "tensors": )" +
           list(weight->tensors, [](const std::string& name) { return quoted(name); });
  }
  if (const Constant* constant = value.constant()) {
    return R"("source": "constant", "size": )" + std::to_string(constant->data.size());
  }
  if (const Cache* cache = value.cache()) {
    const std::string alias = value.alias_of < 0 ? "" : R"(, "alias_of": )" + std::to_string(value.alias_of);
    return R"("source": "cache", "format": )" + quoted(cache->format) + alias;
  }
  if (const auto* made = std::get_if<Result>(&value.source)) {
    return R"("source": "result", "node": )" + std::to_string(made->node);
  }
  return R"("source": "input")";
}

std::string value_json(const Value& value) {
  return R"({"name": )" + quoted(value.name) + R"(, "type": )" + quoted(to_string(value.type)) +
         R"(, "device": )" + std::to_string(value.device) + ", " + source_json(value) + "}";
}

std::string node_json(const Node& node) {
  const Attributes attributes = std::visit([](const auto& op) { return op.attributes(); }, node.op);
  std::string pairs;
  for (const auto& [name, value] : attributes) {
    pairs += (pairs.empty() ? "" : ", ") + quoted(name) + ": " + quoted(value);
  }
  return R"({"op": )" + quoted(name_of(node.op)) + R"(, "name": )" + quoted(node.name) + R"(, "inputs": )" +
         list(node.inputs, id_text) + R"(, "outputs": )" + list(node.outputs, id_text) +
         R"(, "attributes": {)" + pairs + R"(}, "stage": )" + std::to_string(node.stage) + R"(, "device": )" +
         std::to_string(node.device) + "}";
}

}  // namespace

std::string to_json(const Graph& graph) {
  return R"({"name": )" + quoted(graph.name) + R"(, "stages": )" + std::to_string(graph.stages) +
         ",\n\"values\": " + list(graph.values, value_json, ",\n") +
         ",\n\"nodes\": " + list(graph.nodes, node_json, ",\n") +
         ",\n\"inputs\": " + list(graph.inputs, id_text) + ",\n\"outputs\": " + list(graph.outputs, id_text) +
         "}\n";
}

}  // namespace clinfer::graph

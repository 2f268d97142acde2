#include <map>

#include "graph/print.h"

namespace clinfer::graph {
namespace {

constexpr const char* kColours[] = {"lightblue", "palegreen", "khaki", "lightpink", "plum", "lightsalmon"};

/// A double-quoted DOT string; "\n" in it stays a line break.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string stage_name(const Graph& graph, int stage) {
  if (stage == kEmbeddingStage) return "embedding";
  return stage == graph.stages ? "head" : "layer " + std::to_string(stage);
}

std::string label(const Graph& graph, const Node& node) {
  std::string text(name_of(node.op));
  text += "\n" + node.name;
  for (const ValueId id : node.inputs) {
    const Weight* weight = graph.value(id).weight();
    if (weight != nullptr && !weight->format.empty()) text += "\n" + weight->format;
  }
  return text + "\n" + to_string(graph.value(node.outputs.at(0)).type);
}

/// Data lines between boxes: a written cache is an edge like any other result.
std::string edges(const Graph& graph) {
  std::map<ValueId, std::string> makers;
  for (const ValueId id : graph.inputs) makers[id] = std::string("v").append(std::to_string(id));
  std::string text;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const std::string box = std::string("n").append(std::to_string(i));
    for (const ValueId id : graph.nodes[i].inputs) {
      const auto maker = makers.find(id);
      if (maker != makers.end()) text += "  " + maker->second + " -> " + box + ";\n";
    }
    for (const ValueId id : graph.nodes[i].outputs) makers[id] = box;
  }
  for (const ValueId id : graph.outputs) {
    text += "  " + makers[id] + " -> v" + std::to_string(id) + ";\n";
  }
  return text;
}

}  // namespace

std::string to_dot(const Graph& graph) {
  std::map<int, std::string> stages;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const char* colour = kColours[static_cast<size_t>(node.device) % std::size(kColours)];
    stages[node.stage] += "    n" + std::to_string(i) + " [label=" + quoted(label(graph, node)) +
                          ", fillcolor=" + colour + "];\n";
  }
  std::string text = "digraph " + quoted(graph.name) + " {\n  node [shape=box, style=filled];\n";
  for (const auto* list : {&graph.inputs, &graph.outputs}) {
    for (const ValueId id : *list) {
      text += "  v" + std::to_string(id) + " [label=" + quoted(graph.value(id).name) +
              ", shape=oval, style=solid];\n";
    }
  }
  for (const auto& [stage, boxes] : stages) {
    text += "  subgraph cluster_" + std::to_string(stage - kEmbeddingStage) + " {\n";
    text += "    label=" + quoted(stage_name(graph, stage)) + ";\n" + boxes + "  }\n";
  }
  return text + edges(graph) + "}\n";
}

}  // namespace clinfer::graph

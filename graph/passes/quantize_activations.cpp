#include "graph/passes/quantize_activations.h"

#include <map>

#include "graph/passes/rewrite.h"
#include "quant/error.h"

namespace clinfer::graph {
namespace {

/// Layers that a model's makers keep in floats are precise: but bf16 is what they run those of 16 bits with.
bool is_rounded(const Weight& weight, const std::string& format) {
  if (format == "bf16") return weight.format != "f32";
  return weight.format != "f32" && weight.format != "f16" && weight.format != "bf16";
}

/// Whether the node is a layer whose first operand is to be quantised.
bool takes_quantised(const Graph& graph, const Node& node, const std::string& format) {
  if (std::holds_alternative<Linear>(node.op))
    return is_rounded(*graph.value(node.inputs[1]).weight(), format);
  const auto* experts = std::get_if<ExpertLinear>(&node.op);
  if (experts == nullptr) return false;
  const Weight& weight = *graph.value(node.inputs[2]).weight();
  return is_rounded(weight, format) && (!experts->per_slot || fills_blocks(format, weight.cols));
}

/// How a value is read.
struct Reading {
  bool rounded = false;  ///< as the first operand of layers that take quantised rows
  bool plain = false;
};

std::map<ValueId, Reading> readings_of(const Graph& graph, const std::vector<Node>& nodes,
                                       const std::string& format) {
  std::map<ValueId, Reading> readings;
  for (const Node& node : nodes) {
    const bool takes = takes_quantised(graph, node, format);
    for (size_t i = 0; i < node.inputs.size(); ++i)
      (takes && i == 0 ? readings[node.inputs[i]].rounded : readings[node.inputs[i]].plain) = true;
  }
  for (const ValueId id : graph.outputs) readings[id].plain = true;
  return readings;
}

/// A new result of the node in front of the others, which holds what was the first one in `format`.
ValueId add_rounded(Graph& graph, Node& node, const std::string& format) {
  Value value = graph.value(node.outputs[0]);
  value.name += ".quantized";
  value.type.format = format;
  graph.values.push_back(std::move(value));
  node.outputs.insert(node.outputs.begin(), static_cast<ValueId>(graph.values.size()) - 1);
  return node.outputs[0];
}

/// Has the node round its result, if its op can; returns the rounded value, or -1.
ValueId round_result(Graph& graph, Node& node, const Reading& reading, const std::string& format) {
  auto* glu = std::get_if<Glu>(&node.op);
  auto* norm = std::get_if<RmsNorm>(&node.op);
  if (norm != nullptr && reading.plain) {
    norm->format = format;
    norm->also_plain = true;
    return add_rounded(graph, node, format);
  }
  if (reading.plain || (glu == nullptr && norm == nullptr)) return -1;
  (glu != nullptr ? glu->format : norm->format) = format;
  graph.value(node.outputs[0]).type.format = format;
  return node.outputs[0];
}

}  // namespace

int64_t quantize_activations(Graph& graph, const std::string& format) {
  if (!is_activation_format(format))
    throw Error(Fault::usage, "activations.format \"" + format + "\" is not a format of activations");
  Rewriter rewriter(graph);
  const auto readings = readings_of(graph, rewriter.old_nodes(), format);
  std::map<ValueId, ValueId> quantised;
  for (const Node& old : rewriter.old_nodes()) {
    Node node = old;
    if (takes_quantised(graph, node, format)) {
      ValueId& x = node.inputs[0];
      if (!quantised.contains(x))
        quantised[x] = rewriter.emit(Quantize{format}, graph.value(x).name + ".quantized", {x}, node);
      x = quantised[x];
    }
    const auto reading = readings.find(old.outputs[0]);
    if (reading != readings.end() && reading->second.rounded) {
      const ValueId rounded = round_result(graph, node, reading->second, format);
      if (rounded >= 0) quantised[old.outputs[0]] = rounded;
    }
    rewriter.keep(node);
  }
  rewriter.done();
  return static_cast<int64_t>(quantised.size());
}

}  // namespace clinfer::graph

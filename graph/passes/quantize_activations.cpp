#include "graph/passes/quantize_activations.h"

#include <algorithm>
#include <map>

#include "graph/passes/rewrite.h"
#include "quant/error.h"

namespace clinfer::graph {
namespace {

bool is_quantised(const Weight& weight) {
  return weight.format != "f32" && weight.format != "f16" && weight.format != "bf16";
}

/// Whether the node is a layer whose first operand is to be quantised.
bool takes_quantised(const Graph& graph, const Node& node, const std::string& format) {
  if (std::holds_alternative<Linear>(node.op)) return is_quantised(*graph.value(node.inputs[1]).weight());
  const auto* experts = std::get_if<ExpertLinear>(&node.op);
  if (experts == nullptr) return false;
  const Weight& weight = *graph.value(node.inputs[2]).weight();
  return is_quantised(weight) && (!experts->per_slot || fills_blocks(format, weight.cols));
}

}  // namespace

int64_t quantize_activations(Graph& graph, const std::string& format) {
  if (std::ranges::find(kActivationFormats, format) == std::end(kActivationFormats))
    throw Error(Fault::usage, "activations.format \"" + format + "\" is not a format of activations");
  Rewriter rewriter(graph);
  std::map<ValueId, ValueId> quantised;
  for (const Node& old : rewriter.old_nodes()) {
    Node node = old;
    if (takes_quantised(graph, node, format)) {
      ValueId& x = node.inputs[0];
      const auto [found, fresh] = quantised.try_emplace(x, -1);
      if (fresh)
        found->second = rewriter.emit(Quantize{format}, graph.value(x).name + ".quantized", {x}, node);
      x = found->second;
    }
    rewriter.keep(node);
  }
  rewriter.done();
  return static_cast<int64_t>(quantised.size());
}

}  // namespace clinfer::graph

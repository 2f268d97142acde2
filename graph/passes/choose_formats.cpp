#include "graph/passes/choose_formats.h"

#include <set>

#include "graph/verify.h"
#include "quant/error.h"
#include "quant/format.h"

namespace clinfer::graph {
namespace {

/// Matrices that stay as stored: embedding tables (and heads tied to them) and what decides the router's
/// choice.
std::set<ValueId> kept_matrices(const Graph& graph) {
  std::set<ValueId> kept;
  std::set<ValueId> router_logits;
  for (const Node& node : graph.nodes) {
    if (std::holds_alternative<Embedding>(node.op)) kept.insert(node.inputs[1]);
    if (std::holds_alternative<Router>(node.op)) router_logits.insert(node.inputs[0]);
  }
  for (const Node& node : graph.nodes) {
    if (std::holds_alternative<Linear>(node.op) && router_logits.contains(node.outputs[0]))
      kept.insert(node.inputs[1]);
  }
  return kept;
}

std::string stored_format(const Weight& weight, const StoredFormat& stored) {
  const std::string format = stored(weight.tensors.front());
  for (const std::string& tensor : weight.tensors) {
    if (stored(tensor) != format) {
      throw Error(Fault::model, "tensor " + tensor + " is " + stored(tensor) + ", but " +
                                    weight.tensors.front() + " is " + format +
                                    ": the experts of a layer must have one format");
    }
  }
  return format;
}

}  // namespace

void choose_formats(Graph& graph, const std::string& wanted, const StoredFormat& stored) {
  const quant::Format* target = wanted == "keep" ? nullptr : quant::find_format(wanted);
  if (wanted != "keep" && target == nullptr) {
    throw Error(Fault::usage, "weights.format \"" + wanted + "\" is not a format");
  }
  const std::set<ValueId> kept = kept_matrices(graph);
  for (size_t i = 0; i < graph.values.size(); ++i) {
    auto* weight = std::get_if<Weight>(&graph.values[i].source);
    if (weight == nullptr) continue;
    const std::string held = stored_format(*weight, stored);
    const bool convert = target != nullptr && !kept.contains(static_cast<ValueId>(i)) &&
                         weight->cols % target->group_elems == 0;
    weight->format = weight->vector ? "f32" : convert ? wanted : held;
  }
  verify(graph);
}

void set_cache_format(Graph& graph, const std::string& format) {
  if (format != "f32" && format != "f16")
    throw Error(Fault::usage, "kv_cache.format \"" + format + "\" must be f32 or f16");
  for (Value& value : graph.values) {
    if (auto* cache = std::get_if<Cache>(&value.source)) cache->format = format;
  }
}

}  // namespace clinfer::graph

#include "host/plan/step_facts.h"

#include <algorithm>

namespace clinfer::plan {
namespace {

std::string weight_format(const Plan& plan, const graph::Node& node) {
  for (graph::ValueId id : node.inputs) {
    const graph::Weight* weight = plan.graph.value(id).weight();
    if (weight != nullptr && !weight->vector) return weight->format;
  }
  return "";
}

/// Of a cache that a node appends to only the call's rows are written: what its cost has besides the rest.
double written_bytes(const Plan& plan, const graph::Node& node, const graph::Sizes& sizes, double all) {
  double written = 0;
  bool appends = false;
  for (graph::ValueId id : node.outputs) {
    const graph::Value& value = plan.graph.value(id);
    const bool rows_of_call = value.cache() != nullptr && !value.cache()->is_state();
    appends = appends || rows_of_call;
    if (!rows_of_call) written += graph::bytes_of(value, sizes);
  }
  if (!appends) return std::min(written, all);
  double rest = written;
  for (graph::ValueId id : node.inputs) {
    const graph::Value& value = plan.graph.value(id);
    if (value.cache() == nullptr) rest += graph::bytes_of(value, sizes);
  }
  return written + std::max(0.0, all - rest);
}

}  // namespace

StepFacts facts_of(const Plan& plan, const Step& step, const graph::Sizes& sizes) {
  const graph::Node& node = plan.graph.nodes[static_cast<size_t>(step.node)];
  const std::vector<const graph::Value*> operands = plan.graph.operands(node);
  StepFacts facts;
  facts.variant = step.variant == nullptr ? "copy" : std::string(step.variant->name);
  facts.format = weight_format(plan, node);
  facts.cost = std::visit([&](const auto& op) { return op.cost(operands, sizes); }, node.op);
  facts.bytes_written = written_bytes(plan, node, sizes, facts.cost.bytes);
  return facts;
}

}  // namespace clinfer::plan

#include <algorithm>

#include "graph/models/models.h"
#include "host/quantize/rotated_checkpoint.h"

namespace clinfer::quantize {
namespace {

std::set<std::string> tensors_of(const graph::Graph& graph) {
  std::set<std::string> names;
  for (const graph::Value& value : graph.values) {
    if (const graph::Weight* weight = value.weight())
      names.insert(weight->tensors.begin(), weight->tensors.end());
  }
  return names;
}

/// Configurations name draft modules that their checkpoints may lack.
bool has_any(const io::Checkpoint& checkpoint, const std::string& module) {
  return std::any_of(checkpoint.tensors().begin(), checkpoint.tensors().end(),
                     [&](const io::Tensor& tensor) { return tensor.name.starts_with(module); });
}

}  // namespace

RotationPlan plan_rotation(const io::Checkpoint& checkpoint, bool values_only) {
  const graph::Model whole = graph::build_model(checkpoint.config(), {true});
  const graph::Model main = graph::build_model(checkpoint.config());
  const std::string module = "model.layers." + std::to_string(main.layers) + ".";
  const bool has_draft = whole.draft && has_any(checkpoint, module);
  RotationPlan plan;
  graph::add_value_rotations(main.main, plan.rotations);
  if (values_only) {
    if (has_draft) graph::add_value_rotations(*whole.draft, plan.rotations);
    return plan;
  }
  graph::add_residual_rotation(main.main, plan.rotations);
  if (!has_draft) return plan;
  const std::set<std::string> used = tensors_of(main.main);
  for (const std::string& name : tensors_of(*whole.draft)) {
    if (!used.contains(name)) plan.left_out.insert(name);
  }
  for (const io::Tensor& tensor : checkpoint.tensors()) {  // copies of embedding and head
    if (tensor.name.starts_with(module)) plan.left_out.insert(tensor.name);
  }
  return plan;
}

}  // namespace clinfer::quantize

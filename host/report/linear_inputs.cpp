#include "host/report/linear_inputs.h"

#include <algorithm>

namespace clinfer::report {
namespace {

constexpr int64_t kMostRows = 8;

}  // namespace

void LinearInputs::see(const run::StepView& view) {
  const graph::Node& node = view.node();
  if (!std::holds_alternative<graph::Linear>(node.op)) return;
  const graph::Weight* weight = view.value(node.inputs[1]).weight();
  if (weight == nullptr || rows_.contains(weight->tensors.front())) return;
  std::vector<float> values = view.floats(node.inputs[0]);
  const int64_t rows = std::min(view.rows(node.inputs[0]), kMostRows);
  values.resize(static_cast<size_t>(rows * view.value(node.inputs[0]).type.cols));
  rows_.emplace(weight->tensors.front(), std::move(values));
}

const std::vector<float>& LinearInputs::of(const std::string& tensor) const {
  static const std::vector<float> none;
  const auto found = rows_.find(tensor);
  return found == rows_.end() ? none : found->second;
}

}  // namespace clinfer::report

#include "host/run/input_statistics.h"

namespace clinfer::run {
namespace {

void add_row(const float* row, io::ColumnSquares& squares) {
  for (size_t i = 0; i < squares.sums.size(); ++i) squares.sums[i] += double{row[i]} * double{row[i]};
  ++squares.rows;
}

}  // namespace

void InputStatistics::add(const StepView& view) {
  if (std::holds_alternative<graph::Linear>(view.node().op)) add_linear(view);
  if (const auto* op = std::get_if<graph::ExpertLinear>(&view.node().op)) add_experts(view, op->per_slot);
}

std::vector<io::ColumnSquares*> InputStatistics::squares_of(const graph::Weight& weight) {
  const auto stacked = static_cast<size_t>(weight.experts) / weight.tensors.size();
  const io::ColumnSquares none{std::vector<double>(static_cast<size_t>(weight.cols)), 0};
  std::vector<io::ColumnSquares*> experts;
  for (const std::string& tensor : weight.tensors) {
    for (io::ColumnSquares& squares : all_.try_emplace(tensor, stacked, none).first->second)
      experts.push_back(&squares);
  }
  return experts;
}

void InputStatistics::add_linear(const StepView& view) {
  const graph::ValueId input = view.node().inputs[0];
  const graph::Weight& weight = *view.value(view.node().inputs[1]).weight();
  const std::vector<float> x = view.floats(input);
  const int64_t rows = view.rows(input);
  // Rows of earlier calls come again where the input is what a cache holds.
  const bool is_context = view.value(input).type.rows.symbol == graph::Symbol::context;
  const int64_t first = is_context ? rows - view.sizes().tokens : 0;
  io::ColumnSquares& squares = *squares_of(weight).front();
  for (int64_t r = first; r < rows; ++r) add_row(x.data() + r * weight.cols, squares);
}

void InputStatistics::add_experts(const StepView& view, bool per_slot) {
  const graph::Node& node = view.node();
  const graph::Weight& weight = *view.value(node.inputs[2]).weight();
  const std::vector<float> x = view.floats(node.inputs[0]);
  const std::vector<int32_t> ids = view.integers(node.inputs[1]);
  const std::vector<io::ColumnSquares*> experts = squares_of(weight);
  const int64_t slots = view.value(node.inputs[1]).type.cols;
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto row = static_cast<int64_t>(i) / (per_slot ? 1 : slots);
    add_row(x.data() + row * weight.cols, *experts.at(static_cast<size_t>(ids[i])));
  }
}

}  // namespace clinfer::run

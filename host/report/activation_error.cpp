#include "host/report/activation_error.h"

#include <algorithm>
#include <cmath>

#include "host/report/roles.h"

namespace clinfer::report {
namespace {

/// bf16, and formats that scale each row of activations by itself, most bits first.
constexpr std::string_view kFormats[] = {"bf16",           "int8_row",   "int8_g32", "mxint8", "fp8_e4m3_row",
                                         "fp8_e4m3_1x128", "mxfp8_e4m3", "nvfp4",    "mxfp4"};
/// Of one call; the text has many calls, and encoding is the host's work.
constexpr int64_t kMostRows = 64;

std::map<graph::ValueId, std::string> fed_roles(const graph::Graph& graph) {
  const auto weights = graph::weight_roles(graph);
  std::map<graph::ValueId, std::string> roles;
  for (const graph::Node& node : graph.nodes) {
    const bool linear = std::holds_alternative<graph::Linear>(node.op);
    if (!linear && !std::holds_alternative<graph::ExpertLinear>(node.op)) continue;
    const auto role = weights.find(node.inputs[linear ? 1 : 2]);
    if (role != weights.end()) roles.try_emplace(node.inputs[0], role->second.name);
  }
  return roles;
}

}  // namespace

ActivationMeter::ActivationMeter() {
  for (const std::string_view name : kFormats) {
    if (const quant::Format* format = quant::find_format(name)) formats_.push_back(format);
  }
}

void ActivationMeter::see(const run::StepView& view) {
  if (graph_ != &view.plan().graph) roles_ = fed_roles(*(graph_ = &view.plan().graph));
  for (const graph::ValueId id : view.node().outputs) {
    const auto role = roles_.find(id);
    if (role == roles_.end()) continue;
    const std::vector<float> values = view.floats(id);
    add(role->second, view.value(id).name, values, view.value(id).type.cols);
  }
}

void ActivationMeter::add(const std::string& role, const std::string& name, std::span<const float> values,
                          int64_t cols) {
  const int64_t rows = std::min(static_cast<int64_t>(values.size()) / cols, kMostRows);
  Moments& moments = moments_[role];
  Columns& columns = columns_[name];
  columns.role = role;
  columns.rows += static_cast<double>(rows);
  columns.squares.resize(static_cast<size_t>(cols));
  double energy = 0;
  for (int64_t i = 0; i < rows * cols; ++i) {
    const double square = std::pow(static_cast<double>(values[static_cast<size_t>(i)]), 2);
    energy += square;
    moments.fourth += square * square;
    columns.squares[static_cast<size_t>(i % cols)] += square;
  }
  moments.n += static_cast<double>(rows * cols);
  moments.second += energy;
  std::vector<float> line(static_cast<size_t>(cols));
  for (const quant::Format* format : formats_) {
    if (cols % format->group_elems != 0) continue;
    std::vector<uint8_t> codes(static_cast<size_t>(quant::code_bytes(*format, rows, cols)));
    std::vector<uint8_t> scales(static_cast<size_t>(quant::scale_bytes(*format, rows, cols)));
    format->encode(values.data(), rows, cols, codes.data(), scales.data());
    ActivationError& error = errors_[role][std::string(format->name)];
    error.elements += rows * cols;
    error.signal += energy;
    for (int64_t row = 0; row < rows; ++row) {
      format->decode_row(codes.data(), scales.data(), row, cols, line.data());
      for (int64_t c = 0; c < cols; ++c)
        error.noise += std::pow(
            static_cast<double>(line[static_cast<size_t>(c)]) - values[static_cast<size_t>(row * cols + c)],
            2);
    }
  }
}

std::vector<ActivationError> ActivationMeter::errors() const {
  std::vector<ActivationError> list;
  for (const auto& [role, by_format] : errors_) {
    for (const quant::Format* format : formats_) {
      const auto found = by_format.find(std::string(format->name));
      if (found == by_format.end()) continue;
      list.push_back(found->second);
      list.back().role = role;
      list.back().format = format->name;
    }
  }
  return list;
}

std::vector<ActivationShape> ActivationMeter::shapes() const {
  std::map<std::string, double> outliers;
  for (const auto& [name, columns] : columns_) {
    std::vector<double> squares = columns.squares;
    const auto middle = squares.begin() + static_cast<std::ptrdiff_t>(squares.size() / 2);
    std::nth_element(squares.begin(), middle, squares.end());
    const double most = *std::max_element(columns.squares.begin(), columns.squares.end());
    if (*middle > 0) outliers[columns.role] = std::max(outliers[columns.role], std::sqrt(most / *middle));
  }
  std::vector<ActivationShape> list;
  for (const auto& [role, m] : moments_) {
    const double variance = m.second / std::max(m.n, 1.0);
    list.push_back({role, static_cast<int64_t>(m.n), outliers[role],
                    variance > 0 ? m.fourth / m.n / (variance * variance) : 0});
  }
  return list;
}

}  // namespace clinfer::report

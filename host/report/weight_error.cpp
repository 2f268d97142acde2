#include "host/report/weight_error.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "host/kernels/weight_layout.h"
#include "host/report/held_matrix.h"
#include "host/report/roles.h"
#include "host/run/weight_source.h"
#include "quant/bytes.h"
#include "quant/distortion.h"
#include "quant/e4m3.h"
#include "quant/e8m0.h"
#include "quant/scale_layout.h"

namespace clinfer::report {
namespace {

/// Block length of the histogram where a format's scales lie inside its codes.
constexpr int64_t kHistogramBlock = 32;

void add_scales(const quant::Format& format, const quant::SplitScales& parts, ScaleHistogram& histogram) {
  const std::vector<uint8_t>& scales = parts.scales;
  switch (format.scale_type) {
    case quant::ScaleType::none:
      break;
    case quant::ScaleType::f32:
      for (size_t at = 0; at < scales.size(); at += sizeof(float))
        histogram.add(quant::load<float>(scales.data() + at));
      break;
    case quant::ScaleType::e8m0:
      for (const uint8_t scale : scales) histogram.add(quant::e8m0_to_f32(scale));
      break;
    case quant::ScaleType::e4m3:
      for (const uint8_t scale : scales)
        histogram.add(static_cast<double>(quant::E4m3::kValues[scale]) * parts.tensor_scale.value_or(1));
      break;
  }
}

void add_block_maxima(std::span<const float> values, ScaleHistogram& histogram) {
  for (size_t at = 0; at < values.size(); at += kHistogramBlock) {
    const auto block = values.subspan(at, std::min<size_t>(kHistogramBlock, values.size() - at));
    float most = 0;
    for (const float value : block) most = std::max(most, std::fabs(value));
    histogram.add(most);
  }
}

double energy(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) {
    if (std::isfinite(value)) sum += static_cast<double>(value) * value;
  }
  return sum;
}

/// The share over two sets, of `before` and `now` elements.
double joined(double share, int64_t before, double other, int64_t now) {
  const auto a = static_cast<double>(before);
  const auto b = static_cast<double>(now);
  return (share * a + other * b) / std::max(a + b, 1.0);
}

void add_distortion(const quant::Distortion& d, double signal, int64_t elements, TensorError& error) {
  error.signal += signal;
  error.noise += std::isfinite(d.sqnr_db) ? signal * std::pow(10, -d.sqnr_db / 10) : 0;
  error.cosine = std::min(error.cosine, d.cosine);
  error.max_abs_error = std::max(error.max_abs_error, d.max_abs_error);
  error.max_rel_error = std::max(error.max_rel_error, d.max_rel_error);
  error.flushed_share = joined(error.flushed_share, error.elements, d.flushed_share, elements);
  if (d.clipped_share)
    error.clipped_share = joined(error.clipped_share.value_or(0), error.elements, *d.clipped_share, elements);
  error.nonfinite += d.nonfinite_original + d.nonfinite_decoded;
  error.elements += elements;
}

void add_held(const HeldMatrix& m, std::span<const float> values, TensorError& error) {
  const quant::Distortion d = quant::measure_distortion(m.format, values, m.rows, m.cols, m.codes, m.scales);
  add_distortion(d, energy(values), m.rows * m.cols, error);
  error.block_maxima = m.scales.empty();
  if (m.scales.empty()) {
    add_block_maxima(values, error.scales);
  } else {
    add_scales(m.format, quant::split_scales(m.format, m.rows, m.cols, m.scales), error.scales);
  }
}

/// The part of a weight that one checkpoint tensor gives, as a weight of its own.
graph::Weight part_of(const graph::Weight& weight, const std::string& tensor) {
  graph::Weight part = weight;
  part.experts = weight.experts / static_cast<int64_t>(weight.tensors.size());
  part.tensors = {tensor};
  return part;
}

/// A weight as the device is given it.
std::vector<uint8_t> held_bytes(const graph::Weight& weight, const io::Checkpoint& checkpoint) {
  std::vector<uint8_t> bytes(static_cast<size_t>(kernels::layout_of(weight).bytes));
  run::load_weight(weight, checkpoint, [&](int64_t offset, std::span<const std::byte> piece) {
    std::memcpy(bytes.data() + offset, piece.data(), piece.size());
  });
  return bytes;
}

/// Adds the matrices of one checkpoint tensor.
void add_tensor(const graph::Weight& weight, const io::Checkpoint& checkpoint, std::span<const float> inputs,
                TensorError& error) {
  const run::StoredMatrix stored = run::stored_matrix(checkpoint, weight.tensors.front());
  const quant::Format& format = *quant::find_format(weight.format);
  error.stored = stored.format->name;
  const bool converted = stored.format != &format;
  const kernels::WeightLayout layout = kernels::layout_of(weight);
  const std::vector<uint8_t> held = converted ? held_bytes(weight, checkpoint) : std::vector<uint8_t>();
  std::vector<float> values(static_cast<size_t>(weight.rows * weight.cols));
  for (int64_t expert = 0; expert < weight.experts; ++expert) {
    const int64_t first = expert * weight.rows;
    stored::decode_rows(stored, first, weight.rows, values.data());
    if (!converted) {
      error.signal += energy(values);
      error.elements += weight.rows * weight.cols;
      continue;
    }
    const std::span<const uint8_t> bytes = held;
    const auto piece = [&](int64_t offset, int64_t size) {
      return bytes.subspan(static_cast<size_t>(offset), static_cast<size_t>(size));
    };
    const HeldMatrix matrix{
        format, weight.rows, weight.cols, piece(expert * layout.expert_code_bytes, layout.expert_code_bytes),
        piece(layout.scales_offset + expert * layout.expert_scale_bytes, layout.expert_scale_bytes)};
    add_held(matrix, values, error);
    add_blocks(matrix, values, weight.tensors.front(), first, error);
    if (!inputs.empty()) add_outputs(matrix, values, inputs, error);
  }
  stored::release(checkpoint, stored);
}

TensorError error_of(const graph::Weight& weight, const Role& role, const std::string& name,
                     const io::Checkpoint& checkpoint, const LinearInputs& inputs) {
  TensorError error;
  error.name = name;
  error.role = role.name;
  error.layer = role.layer;
  error.held = weight.format;
  error.held_bytes = kernels::layout_of(weight).bytes;
  for (const std::string& tensor : weight.tensors)
    add_tensor(part_of(weight, tensor), checkpoint, inputs.of(tensor), error);
  return error;
}

}  // namespace

void add_matrix(const quant::Format& format, std::span<const float> values, int64_t rows, int64_t cols,
                TensorError& error) {
  std::vector<uint8_t> codes(static_cast<size_t>(quant::code_bytes(format, rows, cols)));
  std::vector<uint8_t> scales(static_cast<size_t>(quant::scale_bytes(format, rows, cols)));
  format.encode(values.data(), rows, cols, codes.data(), scales.data());
  add_held({format, rows, cols, codes, scales}, values, error);
}

std::vector<TensorError> weight_errors(const graph::Graph& graph, const io::Checkpoint& checkpoint,
                                       const LinearInputs& inputs, const TensorProgress& progress) {
  std::vector<TensorError> errors;
  std::set<std::string> seen;
  const std::map<graph::ValueId, Role> roles = graph::weight_roles(graph);
  int64_t done = 0;
  for (const auto& [id, role] : roles) {
    progress(++done, static_cast<int64_t>(roles.size()));
    const graph::Weight& weight = *graph.value(id).weight();
    if (weight.vector || !seen.insert(weight.tensors.front()).second) continue;
    errors.push_back(error_of(weight, role, graph.value(id).name, checkpoint, inputs));
  }
  std::stable_sort(errors.begin(), errors.end(),
                   [](const TensorError& a, const TensorError& b) { return a.layer < b.layer; });
  return errors;
}

}  // namespace clinfer::report

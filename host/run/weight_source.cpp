#include "host/run/weight_source.h"

#include <algorithm>
#include <numeric>

#include "host/kernels/row_groups.h"
#include "host/kernels/weight_layout.h"
#include "host/stored/nvfp4_multiplier.h"
#include "quant/error.h"
#include "quant/magnitude.h"

namespace clinfer::run {
namespace {

using io::Checkpoint;

/// Rows converted at a time are as many as fit this many elements (and whole scale blocks).
constexpr int64_t kBandElements = int64_t{1} << 22;

/// Bytes of a checkpoint from which its pages are given back behind each tensor. That takes about as long as
/// faulting them in; a smaller one stays mapped to its end.
constexpr uint64_t kWorthReleasing = uint64_t{1} << 30;

/// Where one tensor's rows go in the device layout of the weight, and how they get there.
struct Target {
  const quant::Format* format;
  quant::EncodeOptions options;
  int64_t codes_offset;
  int64_t scales_offset;
};

/// Whether the rows can be taken as they are: they share no scale with rows outside.
bool stand_apart(const StoredMatrix& m, int64_t first_row, int64_t rows) {
  const stored::OneMatrix one = stored::matrix_at(m, first_row);
  const int64_t end = one.row + rows;
  return one.row % m.format->block_rows == 0 && (end == one.rows || end % m.format->block_rows == 0) &&
         end <= one.rows;
}

void copy_matrix(const StoredMatrix& m, int64_t first_row, int64_t rows, const Target& target,
                 const PieceSink& sink) {
  const stored::OneMatrix one = stored::matrix_at(m, first_row);
  const int64_t codes = quant::code_bytes(*m.format, rows, m.cols);
  const int64_t scales = quant::scale_bytes(*m.format, rows, m.cols);
  const uint8_t* first_code = one.codes + quant::code_bytes(*m.format, one.row, m.cols);
  sink(target.codes_offset, std::as_bytes(std::span(first_code, static_cast<size_t>(codes))));
  if (scales == 0) return;
  const uint8_t* first_scale = one.scales + quant::scale_bytes(*m.format, one.row, m.cols);
  sink(target.scales_offset, std::as_bytes(std::span(first_scale, static_cast<size_t>(scales))));
}

/// Calls use(row, values, count) for the rows, decoded, in bands that end with whole scale blocks of
/// `format`, unless a block is all rows, and with whole groups of 16 rows.
template <class Use>
void for_bands(const StoredMatrix& m, int64_t first_row, int64_t rows, const quant::Format& format,
               const Use& use) {
  const int64_t block = format.block_rows == quant::kWhole ? 1 : format.block_rows;
  const int64_t unit = std::lcm(block, kernels::kGroupRows);
  const int64_t most = std::min(rows, std::max<int64_t>(1, kBandElements / m.cols / unit) * unit);
  std::vector<float> values(static_cast<size_t>(most * m.cols));
  for (int64_t row = 0; row < rows; row += most) {
    const int64_t count = std::min(most, rows - row);
    stored::decode_rows(m, first_row + row, count, values.data());
    use(row, values.data(), count);
  }
}

void convert_matrix(const StoredMatrix& m, int64_t first_row, int64_t rows, const Target& target,
                    const PieceSink& sink) {
  const quant::Format& f = *target.format;
  quant::EncodeOptions options = target.options;
  if (f.whole_matrix) {
    float amax = 0.0f;
    for_bands(m, first_row, rows, f, [&](int64_t, const float* values, int64_t count) {
      amax = std::max(amax, quant::finite_amax(values, count, m.cols, m.cols));
    });
    options.matrix_amax = amax;
  }
  std::vector<uint8_t> codes;
  std::vector<uint8_t> scales;
  for_bands(m, first_row, rows, f, [&](int64_t row, const float* values, int64_t count) {
    codes.resize(static_cast<size_t>(quant::code_bytes(f, count, m.cols)));
    scales.resize(static_cast<size_t>(quant::scale_bytes(f, count, m.cols)));
    quant::encode_with(f, options, values, count, m.cols, codes.data(), scales.data());
    if (f.tensor_scale) stored::round_tensor_scales(f, m.cols, scales);
    sink(target.codes_offset + quant::code_bytes(f, row, m.cols), std::as_bytes(std::span(codes)));
    // A scale of all rows is the same in every band.
    if (!scales.empty() && row % f.block_rows == 0)
      sink(target.scales_offset + quant::scale_bytes(f, row, m.cols), std::as_bytes(std::span(scales)));
  });
}

}  // namespace

void check_weights(const graph::Graph& graph, const Checkpoint& checkpoint) {
  for (const graph::Value& value : graph.values) {
    const graph::Weight* weight = value.weight();
    if (weight == nullptr) continue;
    const int64_t experts = weight->experts / static_cast<int64_t>(weight->tensors.size());
    for (const std::string& name : weight->tensors) {
      const StoredMatrix m = stored::stored_shape(checkpoint, name);
      if (m.rows == experts * weight->rows && m.cols == weight->cols) continue;
      const std::vector<int64_t> implied = {experts * weight->rows, weight->cols};
      throw Error(Fault::model,
                  checkpoint.files()[static_cast<size_t>(m.tensor->file)] + ": tensor " + m.tensor->name +
                      " has shape " + stored::shape_text(m.tensor->shape) + ", but " +
                      checkpoint.config().file() + " implies " +
                      stored::shape_text(weight->vector ? std::vector<int64_t>{weight->cols} : implied) +
                      (m.tensor->name == name ? "" : " when unpacked"));
    }
  }
}

void load_weight(const graph::Weight& weight, const Checkpoint& checkpoint, const PieceSink& sink,
                 const io::StatisticsFile* importance) {
  const kernels::WeightLayout layout = kernels::layout_of(weight);
  const quant::Format& format = *quant::find_format(weight.format);
  quant::EncodeOptions options = quant::parse_encode_options(weight.scale);
  const int64_t tensors = static_cast<int64_t>(weight.tensors.size());
  const int64_t experts_each = weight.experts / tensors;
  for (int64_t t = 0; t < tensors; ++t) {
    const std::string& tensor = weight.tensors[static_cast<size_t>(t)];
    const StoredMatrix m = stored_matrix(checkpoint, tensor);
    for (int64_t e = 0; e < experts_each; ++e) {
      const std::vector<float> columns =
          importance == nullptr ? std::vector<float>{} : importance->find(tensor, e);
      if (!columns.empty() && std::ssize(columns) != m.cols) {
        throw Error(Fault::usage, "weights.importance: statistics of tensor " + tensor + " have " +
                                      std::to_string(columns.size()) + " columns, expected " +
                                      std::to_string(m.cols));
      }
      options.importance = columns;
      const int64_t expert = t * experts_each + e;
      const Target target{&format, options, expert * layout.expert_code_bytes,
                          layout.scales_offset + expert * layout.expert_scale_bytes};
      const int64_t first = e * weight.rows;
      const bool as_stored = m.format == &format && stand_apart(m, first, weight.rows);
      (as_stored ? copy_matrix : convert_matrix)(m, first, weight.rows, target, sink);
    }
    if (checkpoint.file_bytes() >= kWorthReleasing) stored::release(checkpoint, m);
  }
}

std::vector<float> decode_weight(const graph::Weight& weight, const Checkpoint& checkpoint) {
  const kernels::WeightLayout layout = kernels::layout_of(weight);
  const quant::Format& format = *quant::find_format(weight.format);
  std::vector<uint8_t> packed(static_cast<size_t>(layout.bytes));
  load_weight(weight, checkpoint, [&](int64_t offset, std::span<const std::byte> bytes) {
    std::copy_n(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), packed.begin() + offset);
  });
  std::vector<float> values(static_cast<size_t>(weight.experts * weight.rows * weight.cols));
  for (int64_t e = 0; e < weight.experts; ++e) {
    const uint8_t* codes = packed.data() + e * layout.expert_code_bytes;
    const uint8_t* scales = packed.data() + layout.scales_offset + e * layout.expert_scale_bytes;
    for (int64_t r = 0; r < weight.rows; ++r) {
      format.decode_row(codes, scales, r, weight.cols, values.data() + (e * weight.rows + r) * weight.cols);
    }
  }
  return values;
}

}  // namespace clinfer::run

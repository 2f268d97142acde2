#include "host/run/weight_source.h"

#include <algorithm>

#include "host/kernels/weight_layout.h"
#include "quant/error.h"

namespace clinfer::run {
namespace {

using io::Checkpoint;
using io::Tensor;

constexpr std::string_view kFp8Block = "fp8_e4m3_128x128";
/// Rows converted at a time are as many as fit this many elements (and whole scale blocks).
constexpr int64_t kBandElements = int64_t{1} << 22;

const uint8_t* data_of(const Tensor& tensor) {
  return reinterpret_cast<const uint8_t*>(tensor.bytes.data());
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

[[noreturn]] void fail(const Checkpoint& checkpoint, const Tensor& tensor, const std::string& what) {
  throw Error(Fault::model,
              checkpoint.files()[static_cast<size_t>(tensor.file)] + ": tensor " + tensor.name + " " + what);
}

const Tensor& require_tensor(const Checkpoint& checkpoint, const std::string& name) {
  if (const Tensor* tensor = checkpoint.find(name)) return *tensor;
  throw Error(Fault::model, checkpoint.config().file() + ": the model needs tensor " + name +
                                ", which the checkpoint does not have");
}

/// The scale tensor of an FP8 weight: X.weight_scale_inv [ceil(rows / 128), ceil(cols / 128)], multipliers.
const Tensor& fp8_scales(const Checkpoint& checkpoint, const Tensor& tensor, int64_t rows, int64_t cols) {
  const Tensor* scales = checkpoint.find(tensor.name + "_scale_inv");
  if (scales == nullptr)
    fail(checkpoint, tensor, "is F8_E4M3 but has no " + tensor.name + "_scale_inv beside it");
  const std::vector<int64_t> expected = {(rows + 127) / 128, (cols + 127) / 128};
  const bool is_float = scales->format == "f32" || scales->format == "bf16" || scales->format == "f16";
  if (scales->shape != expected || !is_float) {
    fail(checkpoint, *scales,
         "must be F32, BF16 or F16 " + shape_text(expected) + " for a 128x128 block scale of " +
             shape_text({rows, cols}) + ", is " + scales->format + " " + shape_text(scales->shape));
  }
  return *scales;
}

/// Points the matrix to its scales, as the format wants them: floats. DeepSeek stores them so; checkpoints
/// saved again by transformers hold bf16.
void attach_scales(StoredMatrix& m, const Tensor& scales) {
  m.scale_tensor = &scales;
  m.scales = data_of(scales);
  if (scales.format == "f32") return;
  const quant::Format& stored = *quant::find_format(scales.format);
  auto floats = std::make_shared<std::vector<float>>(static_cast<size_t>(scales.shape[0] * scales.shape[1]));
  for (int64_t r = 0; r < scales.shape[0]; ++r)
    stored.decode_row(data_of(scales), nullptr, r, scales.shape[1], floats->data() + r * scales.shape[1]);
  m.scales = reinterpret_cast<const uint8_t*>(floats->data());
  m.converted_scales = std::move(floats);
}

/// Decodes rows [first, first + count) of a stored matrix.
void decode_rows(const StoredMatrix& m, int64_t first, int64_t count, float* out) {
  for (int64_t r = 0; r < count; ++r)
    m.format->decode_row(m.codes, m.scales, first + r, m.cols, out + r * m.cols);
}

void release(const Checkpoint& checkpoint, const StoredMatrix& m) {
  checkpoint.release(*m.tensor);
  if (m.scale_tensor != nullptr) checkpoint.release(*m.scale_tensor);
}

/// Where one tensor's rows go in the device layout of the weight.
struct Target {
  const quant::Format* format;
  int64_t codes_offset;
  int64_t scales_offset;
};

void copy_matrix(const StoredMatrix& m, int64_t first_row, int64_t rows, const Target& target,
                 const PieceSink& sink) {
  const int64_t codes = quant::code_bytes(*m.format, rows, m.cols);
  const int64_t scales = quant::scale_bytes(*m.format, rows, m.cols);
  const int64_t codes_before = quant::code_bytes(*m.format, first_row, m.cols);
  const int64_t scales_before = quant::scale_bytes(*m.format, first_row, m.cols);
  sink(target.codes_offset, std::as_bytes(std::span(m.codes + codes_before, static_cast<size_t>(codes))));
  if (scales > 0)
    sink(target.scales_offset,
         std::as_bytes(std::span(m.scales + scales_before, static_cast<size_t>(scales))));
}

void convert_matrix(const StoredMatrix& m, int64_t first_row, int64_t rows, const Target& target,
                    const PieceSink& sink) {
  const quant::Format& f = *target.format;
  const int64_t whole = std::max<int64_t>(1, kBandElements / m.cols / f.block_rows) * f.block_rows;
  std::vector<float> values;
  std::vector<uint8_t> codes;
  std::vector<uint8_t> scales;
  for (int64_t row = 0; row < rows; row += whole) {
    const int64_t band = std::min(whole, rows - row);
    values.resize(static_cast<size_t>(band * m.cols));
    codes.resize(static_cast<size_t>(quant::code_bytes(f, band, m.cols)));
    scales.resize(static_cast<size_t>(quant::scale_bytes(f, band, m.cols)));
    decode_rows(m, first_row + row, band, values.data());
    f.encode(values.data(), band, m.cols, codes.data(), scales.data());
    sink(target.codes_offset + quant::code_bytes(f, row, m.cols), std::as_bytes(std::span(codes)));
    if (!scales.empty())
      sink(target.scales_offset + quant::scale_bytes(f, row, m.cols), std::as_bytes(std::span(scales)));
  }
}

}  // namespace

StoredMatrix stored_matrix(const Checkpoint& checkpoint, const std::string& name) {
  const Tensor& tensor = require_tensor(checkpoint, name);
  StoredMatrix m;
  m.tensor = &tensor;
  m.codes = data_of(tensor);
  m.cols = tensor.shape.empty() ? 1 : tensor.shape.back();
  m.rows = 1;
  for (size_t i = 0; i + 1 < tensor.shape.size(); ++i) m.rows *= tensor.shape[i];
  if (tensor.format == "f8_e4m3") {
    m.format = quant::find_format(kFp8Block);
    attach_scales(m, fp8_scales(checkpoint, tensor, m.rows, m.cols));
  } else {
    m.format = quant::find_format(tensor.format);
  }
  if (m.format == nullptr)
    fail(checkpoint, tensor,
         "is " + tensor.format + ", which is not a weight format that can be computed with");
  return m;
}

void check_weights(const graph::Graph& graph, const Checkpoint& checkpoint) {
  for (const graph::Value& value : graph.values) {
    const graph::Weight* weight = value.weight();
    if (weight == nullptr) continue;
    const int64_t experts = weight->experts / static_cast<int64_t>(weight->tensors.size());
    for (const std::string& name : weight->tensors) {
      const StoredMatrix m = stored_matrix(checkpoint, name);
      if (m.rows == experts * weight->rows && m.cols == weight->cols) continue;
      fail(checkpoint, *m.tensor,
           "has shape " + shape_text(m.tensor->shape) + ", but " + checkpoint.config().file() + " implies " +
               shape_text(weight->vector ? std::vector<int64_t>{weight->cols}
                                         : std::vector<int64_t>{experts * weight->rows, weight->cols}));
    }
  }
}

void load_weight(const graph::Weight& weight, const Checkpoint& checkpoint, const PieceSink& sink) {
  const kernels::WeightLayout layout = kernels::layout_of(weight);
  const quant::Format& format = *quant::find_format(weight.format);
  const int64_t tensors = static_cast<int64_t>(weight.tensors.size());
  const int64_t experts_each = weight.experts / tensors;
  for (int64_t t = 0; t < tensors; ++t) {
    const StoredMatrix m = stored_matrix(checkpoint, weight.tensors[static_cast<size_t>(t)]);
    for (int64_t e = 0; e < experts_each; ++e) {
      const int64_t expert = t * experts_each + e;
      const Target target{&format, expert * layout.expert_code_bytes,
                          layout.scales_offset + expert * layout.expert_scale_bytes};
      const auto bring = m.format == &format ? copy_matrix : convert_matrix;
      bring(m, e * weight.rows, weight.rows, target, sink);
    }
    release(checkpoint, m);
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

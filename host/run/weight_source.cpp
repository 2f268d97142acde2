#include "host/run/weight_source.h"

#include <algorithm>

#include "host/kernels/weight_layout.h"
#include "quant/error.h"
#include "quant/magnitude.h"

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

/// The scale tensor of an FP8 weight: X.weight_scale_inv [..., ceil(rows / 128), ceil(cols / 128)],
/// multipliers.
const Tensor& fp8_scales(const Checkpoint& checkpoint, const Tensor& tensor) {
  const Tensor* scales = checkpoint.find(tensor.name + "_scale_inv");
  if (scales == nullptr)
    fail(checkpoint, tensor, "is F8_E4M3 but has no " + tensor.name + "_scale_inv beside it");
  std::vector<int64_t> expected = tensor.shape;
  while (expected.size() < 2) expected.insert(expected.begin(), 1);
  for (size_t i = expected.size() - 2; i < expected.size(); ++i) expected[i] = (expected[i] + 127) / 128;
  const bool is_float = scales->format == "f32" || scales->format == "bf16" || scales->format == "f16";
  if (scales->shape != expected || !is_float) {
    fail(checkpoint, *scales,
         "must be F32, BF16 or F16 " + shape_text(expected) + " for a 128x128 block scale of " +
             shape_text(tensor.shape) + ", is " + scales->format + " " + shape_text(scales->shape));
  }
  return *scales;
}

/// The product of all dimensions but the last `inner`.
int64_t product_of_outer(const std::vector<int64_t>& shape, size_t inner) {
  int64_t product = 1;
  for (size_t i = 0; i + inner < shape.size(); ++i) product *= shape[i];
  return product;
}

/// Points the matrix to its scales, as the format wants them: floats. DeepSeek stores them so; checkpoints
/// saved again by transformers hold bf16.
void attach_scales(StoredMatrix& m, const Tensor& scales) {
  m.scale_tensor = &scales;
  m.scales = data_of(scales);
  if (scales.format == "f32") return;
  const quant::Format& stored = *quant::find_format(scales.format);
  const int64_t count = scales.shape.back() * product_of_outer(scales.shape, 1);
  auto floats = std::make_shared<std::vector<float>>(static_cast<size_t>(count));
  stored.decode_row(data_of(scales), nullptr, 0, count, floats->data());
  m.scales = reinterpret_cast<const uint8_t*>(floats->data());
  m.converted_scales = std::move(floats);
}

/// The matrix of the stack that a row lies in.
struct OneMatrix {
  const uint8_t* codes;
  const uint8_t* scales;
  int64_t row;   ///< in this matrix
  int64_t rows;  ///< it has
};
OneMatrix matrix_at(const StoredMatrix& m, int64_t row) {
  const int64_t rows = m.rows / m.matrices;
  const int64_t index = row / rows;
  const int64_t scales = quant::scale_bytes(*m.format, rows, m.cols);
  return {m.codes + index * quant::code_bytes(*m.format, rows, m.cols),
          scales == 0 ? nullptr : m.scales + index * scales, row % rows, rows};
}

/// Decodes rows [first, first + count) of a stored matrix.
void decode_rows(const StoredMatrix& m, int64_t first, int64_t count, float* out) {
  for (int64_t r = 0; r < count; ++r) {
    const OneMatrix one = matrix_at(m, first + r);
    m.format->decode_row(one.codes, one.scales, one.row, m.cols, out + r * m.cols);
  }
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

/// Whether the rows can be taken as they are: they share no scale with rows outside.
bool stand_apart(const StoredMatrix& m, int64_t first_row, int64_t rows) {
  const OneMatrix one = matrix_at(m, first_row);
  const int64_t end = one.row + rows;
  return one.row % m.format->block_rows == 0 && (end == one.rows || end % m.format->block_rows == 0) &&
         end <= one.rows;
}

void copy_matrix(const StoredMatrix& m, int64_t first_row, int64_t rows, const Target& target,
                 const PieceSink& sink) {
  const OneMatrix one = matrix_at(m, first_row);
  const int64_t codes = quant::code_bytes(*m.format, rows, m.cols);
  const int64_t scales = quant::scale_bytes(*m.format, rows, m.cols);
  const uint8_t* first_code = one.codes + quant::code_bytes(*m.format, one.row, m.cols);
  sink(target.codes_offset, std::as_bytes(std::span(first_code, static_cast<size_t>(codes))));
  if (scales == 0) return;
  const uint8_t* first_scale = one.scales + quant::scale_bytes(*m.format, one.row, m.cols);
  sink(target.scales_offset, std::as_bytes(std::span(first_scale, static_cast<size_t>(scales))));
}

/// Calls use(row, values, count) for the rows, decoded, in bands that end with whole scale blocks of
/// `format`, unless a block is all rows.
template <class Use>
void for_bands(const StoredMatrix& m, int64_t first_row, int64_t rows, const quant::Format& format,
               const Use& use) {
  const int64_t unit = format.block_rows == quant::kWhole ? 1 : format.block_rows;
  const int64_t most = std::min(rows, std::max<int64_t>(1, kBandElements / m.cols / unit) * unit);
  std::vector<float> values(static_cast<size_t>(most * m.cols));
  for (int64_t row = 0; row < rows; row += most) {
    const int64_t count = std::min(most, rows - row);
    decode_rows(m, first_row + row, count, values.data());
    use(row, values.data(), count);
  }
}

void convert_matrix(const StoredMatrix& m, int64_t first_row, int64_t rows, const Target& target,
                    const PieceSink& sink) {
  const quant::Format& f = *target.format;
  quant::EncodeOptions options;
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
    sink(target.codes_offset + quant::code_bytes(f, row, m.cols), std::as_bytes(std::span(codes)));
    // A scale of all rows is the same in every band.
    if (!scales.empty() && row % f.block_rows == 0)
      sink(target.scales_offset + quant::scale_bytes(f, row, m.cols), std::as_bytes(std::span(scales)));
  });
}

}  // namespace

StoredMatrix stored_matrix(const Checkpoint& checkpoint, const std::string& name) {
  const Tensor& tensor = require_tensor(checkpoint, name);
  StoredMatrix m;
  m.tensor = &tensor;
  m.codes = data_of(tensor);
  m.cols = tensor.shape.empty() ? 1 : tensor.shape.back();
  m.rows = product_of_outer(tensor.shape, 1);
  m.matrices = product_of_outer(tensor.shape, 2);
  if (tensor.format == "f8_e4m3") {
    m.format = quant::find_format(kFp8Block);
    attach_scales(m, fp8_scales(checkpoint, tensor));
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
      const int64_t first = e * weight.rows;
      const bool as_stored = m.format == &format && stand_apart(m, first, weight.rows);
      (as_stored ? copy_matrix : convert_matrix)(m, first, weight.rows, target, sink);
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

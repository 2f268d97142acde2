#include "host/stored/layout.h"
#include "quant/scale_layout.h"

namespace clinfer::stored {
namespace {

using Shape = std::vector<int64_t>;

bool is_e8m0(const io::Tensor& tensor) {
  return tensor.format == "u8" || tensor.format == "f8_e8m0";
}

/// The shape of scales for blocks of rows x cols; of a stack the outer dimensions stay.
Shape blocked(Shape shape, int64_t rows, int64_t cols) {
  while (shape.size() < 2) shape.insert(shape.begin(), 1);
  shape[shape.size() - 2] = quant::ceil_div(shape[shape.size() - 2], rows);
  shape.back() = quant::ceil_div(shape.back(), cols);
  return shape;
}

/// The format that scales of that shape belong to; nullptr when they fit none.
const char* format_of(const io::Tensor& weight, const io::Tensor& scales, bool e4m3) {
  const Shape& shape = weight.shape;
  const bool one_matrix = product_of_outer(shape, 2) == 1;
  const int64_t count = product_of_outer(scales.shape, 0);
  if (is_e8m0(scales) && scales.shape == blocked(shape, 1, 32)) return e4m3 ? "mxfp8_e4m3" : "mxfp8_e5m2";
  if (scales.format == "u8") return nullptr;
  if (e4m3 && scales.shape == blocked(shape, 128, 128)) return "fp8_e4m3_128x128";
  if (one_matrix && count == 1) return e4m3 ? "fp8_e4m3_tensor" : "fp8_e5m2_tensor";
  const bool per_row = scales.shape == blocked(shape, 1, shape.back()) || scales.shape == Shape{shape[0]};
  if (one_matrix && shape.size() == 2 && per_row) return e4m3 ? "fp8_e4m3_row" : "fp8_e5m2_row";
  return e4m3 && one_matrix && scales.shape == blocked(shape, 1, 128) ? "fp8_e4m3_1x128" : nullptr;
}

}  // namespace

/// F8_E4M3 or F8_E5M2 with multipliers X_scale_inv (as block-scaled checkpoints call them) or X_scale beside.
std::optional<Located> fp8_layout(const TensorGroup& group) {
  const io::Tensor* self = group.self();
  if (self == nullptr || !self->format.starts_with("f8_e") || self->format == "f8_e8m0") return std::nullopt;
  require_elements(group, *self);
  const io::Tensor* inverse = group.behind("_scale_inv");
  const io::Tensor& scales =
      group.need(inverse != nullptr ? inverse : group.behind("_scale"), *self, self->name + "_scale_inv");
  const bool known = scales.format == "f32" || scales.format == "bf16" || scales.format == "f16";
  const char* format =
      known || is_e8m0(scales) ? format_of(*self, scales, self->format == "f8_e4m3") : nullptr;
  if (format == nullptr) {
    group.fail(scales, "must be F32, BF16 or F16 " + shape_text(blocked(self->shape, 128, 128)) +
                           " for a 128x128 block scale of " + shape_text(self->shape) +
                           " (or one scale, one a row, or one for 1x128, or E8M0 bytes for 1x32), is " +
                           scales.format + " " + shape_text(scales.shape));
  }
  Located located{matrix_like(*self, format)};
  located.matrix.parts.push_back(&scales);
  located.fill = [&scales](StoredMatrix& m) {
    if (m.format->scale_type == quant::ScaleType::f32) return attach_f32_scales(m, scales);
    m.scales = data_of(scales);
  };
  return located;
}

}  // namespace clinfer::stored

#include "host/stored/layout.h"
#include "quant/scale_layout.h"

namespace clinfer::stored {
namespace {

/// NVFP4's scale rows: the tensor's multiplier, then a row of E4M3 scales.
void fill_nvfp4(StoredMatrix& m, const io::Tensor& scales, float multiplier) {
  quant::SplitScales parts;
  parts.rows = m.rows;
  parts.blocks = quant::ceil_div(m.cols, m.format->block_cols);
  parts.scales.assign(data_of(scales), data_of(scales) + scales.bytes.size());
  parts.tensor_scale = multiplier;
  own_scales(m, quant::join_scales(*m.format, m.rows, m.cols, parts));
}

/// NVFP4's matrix with its parts checked; `global` holds one float.
Located nvfp4(const TensorGroup& group, const io::Tensor& packed, const io::Tensor& scales,
              const io::Tensor& global, bool reciprocal) {
  Located located{matrix_like(packed, "nvfp4", 2)};
  StoredMatrix& m = located.matrix;
  group.expect(scales, {"f8_e4m3"}, {m.rows, quant::ceil_div(m.cols, 16)});
  const bool one = product_of_outer(global.shape, 0) == 1 && global.format == "f32";
  if (!one) group.fail(global, "must be one f32, is " + global.format + " " + shape_text(global.shape));
  m.parts.insert(m.parts.end(), {&scales, &global});
  located.fill = [&scales, &global, reciprocal](StoredMatrix& to) {
    const float value = floats_of(global).front();
    fill_nvfp4(to, scales, reciprocal ? 1.0f / value : value);
  };
  return located;
}

/// E8M0 scales as they lie in the file.
Located mx(const TensorGroup& group, const io::Tensor& packed, const io::Tensor& scales,
           StoredMatrix matrix) {
  std::vector<int64_t> shape = packed.shape;
  shape.back() = quant::ceil_div(matrix.cols, 32);
  group.expect(scales, {"u8", "f8_e8m0"}, shape);
  matrix.parts.push_back(&scales);
  matrix.scales = data_of(scales);
  return {std::move(matrix)};
}

}  // namespace

/// ModelOpt: X.weight U8 [rows, cols / 2], X.weight_scale F8_E4M3 [rows, cols / 16], X.weight_scale_2 F32:
/// the multiplier.
std::optional<Located> modelopt_nvfp4_layout(const TensorGroup& group) {
  const io::Tensor* self = group.self();
  if (self == nullptr || self->format != "u8" || self->shape.size() != 2) return std::nullopt;
  require_elements(group, *self);
  const io::Tensor& scales = group.need(group.behind("_scale"), *self, self->name + "_scale");
  const io::Tensor& global = group.need(group.behind("_scale_2"), *self, self->name + "_scale_2");
  return nvfp4(group, *self, scales, global, false);
}

/// compressed-tensors: X.weight_packed U8 [rows, bytes] and X.weight_scale. With X.weight_global_scale it is
/// NVFP4 (the multiplier's reciprocal), else MXFP4 [rows, cols / 2] or MXFP6 E2M3 [rows, 3 cols / 4].
std::optional<Located> packed_float_layout(const TensorGroup& group) {
  const io::Tensor* packed = group.in_place("weight_packed");
  if (packed == nullptr || packed->format != "u8" || packed->shape.size() != 2) return std::nullopt;
  require_elements(group, *packed);
  const io::Tensor& scales = group.need(group.in_place("weight_scale"), *packed, "weight_scale");
  if (const io::Tensor* global = group.in_place("weight_global_scale"))
    return nvfp4(group, *packed, scales, *global, true);
  // 32 elements have 16 bytes in MXFP4 and 24 in MXFP6.
  const int64_t bytes = packed->shape.back();
  const bool six = bytes % 24 == 0 && scales.shape.size() == 2 && scales.shape.back() == bytes / 24;
  if (!six) return mx(group, *packed, scales, matrix_like(*packed, "mxfp4", 2));
  StoredMatrix matrix = matrix_like(*packed, "mxfp6_e2m3");
  matrix.cols = bytes / 3 * 4;
  return mx(group, *packed, scales, std::move(matrix));
}

/// X_blocks U8 [.., rows, cols / 32, 16] and X_scales U8 [.., rows, cols / 32] of MXFP4.
std::optional<Located> mxfp4_blocks_layout(const TensorGroup& group) {
  const io::Tensor* blocks = group.module("_blocks");
  if (blocks == nullptr) return std::nullopt;
  require_elements(group, *blocks);
  if (blocks->format != "u8" || blocks->shape.size() < 3 || blocks->shape.back() != 16)
    group.fail(*blocks, "must be u8 [.., rows, cols / 32, 16], is " + blocks->format + " " +
                            shape_text(blocks->shape));
  const io::Tensor& scales = group.need(group.module("_scales"), *blocks, "_scales");
  std::vector<int64_t> shape = blocks->shape;
  shape.pop_back();
  group.expect(scales, {"u8", "f8_e8m0"}, shape);
  StoredMatrix m = matrix_like(*blocks, "mxfp4");
  m.cols = shape.back() * 32;
  m.rows = product_of_outer(shape, 1);
  m.matrices = product_of_outer(shape, 2);
  m.parts.push_back(&scales);
  m.scales = data_of(scales);
  return Located{std::move(m)};
}

}  // namespace clinfer::stored

#include "host/stored/layout.h"

#include <cstring>

namespace clinfer::stored {
namespace {

constexpr Layout kLayouts[] = {
    plain_layout,        fp8_layout,          modelopt_nvfp4_layout, packed_float_layout,
    mxfp4_blocks_layout, int8_layout,         packed_integer_layout, gptq_awq_layout,
    parameter_layout,    split_latent_layout,
};

}  // namespace

std::span<const Layout> layouts() {
  return kLayouts;
}

void require_elements(const TensorGroup& group, const io::Tensor& tensor) {
  if (!tensor.shape.empty() && product_of_outer(tensor.shape, 0) > 0) return;
  group.fail(tensor, "is " + shape_text(tensor.shape) + ", expected a matrix of codes");
}

StoredMatrix matrix_like(const io::Tensor& tensor, const char* format, int64_t elements_per_column) {
  StoredMatrix m;
  m.format = quant::find_format(format);
  m.tensor = &tensor;
  m.parts = {&tensor};
  m.codes = data_of(tensor);
  m.cols = (tensor.shape.empty() ? 1 : tensor.shape.back()) * elements_per_column;
  m.rows = product_of_outer(tensor.shape, 1);
  m.matrices = product_of_outer(tensor.shape, 2);
  return m;
}

void attach_f32_scales(StoredMatrix& m, const io::Tensor& scales) {
  if (scales.format == "f32") {
    m.scales = data_of(scales);
    return;
  }
  const std::vector<float> floats = floats_of(scales);
  std::vector<uint8_t> bytes(floats.size() * sizeof(float));
  std::memcpy(bytes.data(), floats.data(), bytes.size());
  own_scales(m, std::move(bytes));
}

void own_codes(StoredMatrix& m, std::vector<uint8_t> codes) {
  m.own_codes = std::make_shared<const std::vector<uint8_t>>(std::move(codes));
  m.codes = m.own_codes->data();
}

void own_scales(StoredMatrix& m, std::vector<uint8_t> scales) {
  m.own_scales = std::make_shared<const std::vector<uint8_t>>(std::move(scales));
  m.scales = m.own_scales->data();
}

/// Floats and GGUF blocks, under the weight's own name.
std::optional<Located> plain_layout(const TensorGroup& group) {
  const io::Tensor* self = group.self();
  const quant::Format* format = self == nullptr ? nullptr : quant::find_format(self->format);
  if (format == nullptr || format->scale_type != quant::ScaleType::none) return std::nullopt;
  return Located{matrix_like(*self, self->format.c_str())};
}

}  // namespace clinfer::stored

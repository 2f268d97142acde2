#pragma once

#include <functional>
#include <optional>
#include <span>

#include "host/stored/stored_matrix.h"
#include "host/stored/tensor_group.h"

namespace clinfer::stored {

/// A weight whose layout is known. `matrix` has everything but codes and scales, which `fill` sets; without
/// `fill` it has those as well.
struct Located {
  StoredMatrix matrix;
  std::function<void(StoredMatrix&)> fill{};
};

/// Looks whether the tensors are a weight of this layout; nullopt when they are not. Throws
/// Error(Fault::model) when they are but do not fit together.
using Layout = std::optional<Located> (*)(const TensorGroup& group);

std::optional<Located> plain_layout(const TensorGroup& group);
std::optional<Located> parameter_layout(const TensorGroup& group);
std::optional<Located> fp8_layout(const TensorGroup& group);
std::optional<Located> modelopt_nvfp4_layout(const TensorGroup& group);
std::optional<Located> packed_float_layout(const TensorGroup& group);
std::optional<Located> mxfp4_blocks_layout(const TensorGroup& group);
std::optional<Located> int8_layout(const TensorGroup& group);
std::optional<Located> packed_integer_layout(const TensorGroup& group);
std::optional<Located> gptq_awq_layout(const TensorGroup& group);
std::optional<Located> split_latent_layout(const TensorGroup& group);

/// THE list of layouts.
std::span<const Layout> layouts();

/// Throws Error(Fault::model) for a tensor of quantised codes that is a scalar or has no elements.
void require_elements(const TensorGroup& group, const io::Tensor& tensor);

/// A matrix of the tensor's shape, its last dimension the columns times `elements_per_column`; with the
/// tensor as its first part.
StoredMatrix matrix_like(const io::Tensor& tensor, const char* format, int64_t elements_per_column = 1);

/// Points to the scales, as f32: the file's own bytes, or converted.
void attach_f32_scales(StoredMatrix& matrix, const io::Tensor& scales);

void own_codes(StoredMatrix& matrix, std::vector<uint8_t> codes);
void own_scales(StoredMatrix& matrix, std::vector<uint8_t> scales);

}  // namespace clinfer::stored

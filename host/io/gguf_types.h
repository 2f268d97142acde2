#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace clinfer::io {

/// A tensor type of GGUF: rows are whole blocks of `block_elems` elements in `block_bytes` bytes.
struct GgufTensorType {
  uint32_t id;
  std::string_view format;  ///< in Tensor::format
  uint64_t block_elems;
  uint64_t block_bytes;
};

/// THE list of the tensor types that are known by name and size; what can be computed with is for
/// quant::formats() to say.
std::span<const GgufTensorType> gguf_tensor_types();

/// nullptr for an unknown id.
const GgufTensorType* find_gguf_tensor_type(uint32_t id);

}  // namespace clinfer::io

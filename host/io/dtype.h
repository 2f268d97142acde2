#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace clinfer::io {

/// A data type of safetensors.
struct Dtype {
  std::string_view stored;  ///< in the file: "BF16"
  std::string_view format;  ///< in Tensor::format: "bf16"
  uint64_t bytes;           ///< of one element
};

/// THE list of the data types that are read and written.
std::span<const Dtype> dtypes();

/// By the file's spelling or by ours; nullptr when it is not in the list.
const Dtype* find_stored_dtype(std::string_view stored);
const Dtype* find_dtype(std::string_view format);

}  // namespace clinfer::io

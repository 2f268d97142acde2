#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/io/checkpoint.h"
#include "host/io/gguf_metadata.h"

namespace clinfer::io {

/// What a GGUF file holds. Tensor names are those of the file (name == stored_name), shapes outermost first,
/// tensors in the file's order.
struct GgufContents {
  GgufMetadata metadata;
  std::vector<Tensor> tensors;
  /// Every value as it lies in the file, type id first; in the file's order.
  GgufRawValues raw_values;
};

/// Parses a GGUF image of version 2 or 3, little-endian; tensors' bytes lie in `file`. Checked: every length
/// and count against the file, keys and names distinct, general.alignment a power of two in [8, 2^20], tensor
/// types known, rows of whole blocks, data aligned, inside the file and not overlapping. Throws
/// Error(Fault::model) naming `path` and the key or tensor.
GgufContents parse_gguf(std::span<const std::byte> file, std::string_view path);

}  // namespace clinfer::io

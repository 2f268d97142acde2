#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "host/quantize/folder_layout.h"

namespace clinfer::quantize {

/// How compressed-tensors holds one of our formats.
struct CompressedFormat {
  std::string_view format;       ///< quant::Format's name
  std::string_view compression;  ///< "pack-quantized": its `format`
  int bits;
  std::string_view type;              ///< "int" or "float"
  std::string_view strategy;          ///< tensor, channel, group, tensor_group or block
  int group;                          ///< columns of a group; 0 where the strategy has none
  std::string_view scale_dtype = {};  ///< where it is not that of the model
};

/// THE list; nullptr for a format that it has no place for.
std::span<const CompressedFormat> compressed_formats();
const CompressedFormat* find_compressed_format(std::string_view format);

/// The `weights` of a scheme.
nlohmann::ordered_json weights_scheme(const CompressedFormat& format);

/// The tensors of a matrix in that format, and what writes them.
std::vector<io::PlannedTensor> compressed_tensors(const CompressedFormat& format, const Item& item);
std::unique_ptr<ItemWriter> compressed_writer(const CompressedFormat& format, const Item& item);

}  // namespace clinfer::quantize

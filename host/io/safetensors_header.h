#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace clinfer::io {

/// One entry of a safetensors header as it stands there: nothing is checked but the JSON's shape.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;
  std::vector<uint64_t> shape;
  std::vector<uint64_t> data_offsets;  ///< [begin, end) from the first byte behind the header
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  ///< in the file's order
  std::map<std::string, std::string> metadata;
};

/// Reads the JSON of a header. Throws Error(Fault::model) naming `file` for anything but an object of entries
/// {dtype, shape, data_offsets} with distinct names and an optional __metadata__ of strings.
SafetensorsHeader parse_safetensors_header(std::string_view json, std::string_view file);

}  // namespace clinfer::io

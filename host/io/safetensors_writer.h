#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace clinfer::io {

/// One tensor to write. `format` is a name of dtypes() ("f32", "f8_e4m3"); `bytes` are row-major,
/// little-endian.
struct TensorToWrite {
  std::string name;
  std::string format;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;
};

/// Writes a .safetensors file: to a temporary name in the same folder, synced, then renamed, so that `path`
/// is either whole or untouched. Data are laid out by falling element size, so each tensor is aligned to its
/// own. Throws Error(Fault::run) for I/O faults and for names, formats or sizes that do not fit together.
void write_safetensors(const std::string& path, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace clinfer::io

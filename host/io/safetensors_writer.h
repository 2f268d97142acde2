#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "host/io/atomic_file.h"

namespace clinfer::io {

/// One tensor to write. `format` is a name of dtypes() ("f32", "f8_e4m3"); `bytes` are row-major,
/// little-endian.
struct TensorToWrite {
  std::string name;
  std::string format;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;
};

/// A tensor whose bytes come later.
struct PlannedTensor {
  std::string name;
  std::string format;
  std::vector<int64_t> shape;
};

/// Bytes of the tensor. Throws Error(Fault::run) for a format that safetensors has no dtype for and a shape
/// with too many elements, naming `path`.
uint64_t tensor_bytes(const std::string& path, const PlannedTensor& tensor);

/// A .safetensors file that is larger than what one wants to hold: its tensors are known from the start,
/// their bytes come in any order and in pieces. It has a temporary name in the same folder until commit().
/// Data are laid out by falling element size, so each tensor is aligned to its own.
class SafetensorsWriter {
 public:
  /// Throws Error(Fault::run) for I/O faults and for names, formats or sizes that do not fit together.
  SafetensorsWriter(const std::string& path, const std::vector<PlannedTensor>& tensors,
                    const std::map<std::string, std::string>& metadata = {});

  /// Bytes of tensor `index` of the list, from byte `offset` of the tensor on.
  void write(size_t index, uint64_t offset, std::span<const std::byte> bytes);

  /// Syncs and renames. Throws Error(Fault::run) when bytes are missing.
  void commit();

 private:
  struct Place {
    uint64_t begin;  ///< in the file
    uint64_t bytes;
  };

  std::string path_;
  std::vector<Place> places_;
  uint64_t missing_ = 0;
  AtomicFile file_;
};

/// Writes a .safetensors file: to a temporary name in the same folder, synced, then renamed, so that `path`
/// is either whole or untouched. Throws Error(Fault::run) as SafetensorsWriter does.
void write_safetensors(const std::string& path, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace clinfer::io

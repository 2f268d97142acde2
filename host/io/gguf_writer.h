#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "host/io/atomic_file.h"
#include "host/io/safetensors_writer.h"

namespace clinfer::io {

/// The key-value part of a GGUF file to be written; keys in their order.
class GgufPairs {
 public:
  void add(const std::string& key, uint32_t value);
  void add(const std::string& key, float value);
  void add(const std::string& key, bool value);
  void add(const std::string& key, const std::string& value);
  void add(const std::string& key, const std::vector<std::string>& values);
  void add(const std::string& key, const std::vector<int32_t>& values);
  /// A value as another file has it: its type id and what follows.
  void add_raw(const std::string& key, std::span<const std::byte> value);

  uint64_t count() const { return count_; }
  const std::string& bytes() const { return bytes_; }

 private:
  void begin(const std::string& key, uint32_t type);

  uint64_t count_ = 0;
  std::string bytes_;
};

/// A .gguf file (version 3, little-endian, aligned to 32) whose tensors are known from the start; their bytes
/// come in any order and in pieces. It has a temporary name in the same folder until commit().
class GgufWriter {
 public:
  /// A PlannedTensor's format is a name of gguf_tensor_types(). Throws Error(Fault::run) for I/O faults, a
  /// format that GGUF has no type for, and rows that are no whole blocks, naming the tensor.
  GgufWriter(const std::string& path, const GgufPairs& pairs, const std::vector<PlannedTensor>& tensors);

  /// Bytes of tensor `index` of the list, from byte `offset` of the tensor on.
  void write(size_t index, uint64_t offset, std::span<const std::byte> bytes);

  /// Of all tensors.
  uint64_t bytes() const { return bytes_; }

  /// Syncs and renames. Throws Error(Fault::run) when bytes are missing.
  void commit();

 private:
  struct Place {
    uint64_t begin;  ///< in the file
    uint64_t bytes;
  };

  std::string path_;
  std::vector<Place> places_;
  uint64_t bytes_ = 0;
  uint64_t missing_ = 0;
  AtomicFile file_;
};

}  // namespace clinfer::io

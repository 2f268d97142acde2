#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clinfer::test {

/// Appends a little-endian number.
template <typename T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_string(std::string& out, const std::string& text);

/// Builds a GGUF image, good or bad: every field can be set to what no writer would write.
struct GgufImage {
  struct Tensor {
    std::string name;
    std::vector<uint64_t> dims;  ///< innermost first, as stored
    uint32_t type = 0;
    uint64_t offset = 0;
  };

  std::string magic = "GGUF";
  uint32_t version = 3;
  uint64_t alignment = 32;  ///< of the data section; add the key yourself when it is not 32
  std::vector<std::string> pairs;
  std::vector<Tensor> tensors;
  std::string data;
  int64_t extra_pairs = 0;  ///< added to the true counts
  int64_t extra_tensors = 0;

  GgufImage& add_string(const std::string& key, const std::string& value);
  GgufImage& add_u32(const std::string& key, uint32_t value);
  GgufImage& add_i32(const std::string& key, int32_t value);
  GgufImage& add_u64(const std::string& key, uint64_t value);
  GgufImage& add_f32(const std::string& key, float value);
  GgufImage& add_bool(const std::string& key, uint8_t value);
  GgufImage& add_strings(const std::string& key, const std::vector<std::string>& values);
  GgufImage& add_i32s(const std::string& key, const std::vector<int32_t>& values);
  GgufImage& add_f32s(const std::string& key, const std::vector<float>& values);
  /// A value of any type id and bytes.
  GgufImage& add_raw(const std::string& key, uint32_t type, const std::string& bytes);
  /// Appends a tensor and its data at the next aligned place.
  GgufImage& add_tensor(const std::string& name, std::vector<uint64_t> dims, uint32_t type,
                        const std::string& bytes);

  std::string bytes() const;
};

}  // namespace clinfer::test

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace clinfer::tests {

/// A tensor whose elements follow from its name.
struct GeneratedTensor {
  std::string name;
  std::string format;  ///< "bf16", "f32", "u8" or "f8_e4m3"
  std::vector<int64_t> shape;
  std::vector<std::byte> bytes;  ///< row-major, little-endian
};

/// A recipe's weights; tests/data/families/make_goldens.py says how they are defined and writes the same
/// bytes.
struct GeneratedWeights {
  std::vector<GeneratedTensor> tensors;
  int64_t shards = 1;  ///< files that the checkpoint is spread over
};

/// Reads a weights.json and makes its tensors. Throws std::runtime_error naming the file and what was wrong.
GeneratedWeights generate_weights(const std::string& path);

/// The names that a pattern stands for: "h.{0-1}.{2,4-5}" is h.0.2, h.0.4, h.0.5, h.1.2 and so on.
std::vector<std::string> expand_pattern(const std::string& pattern);

/// 64 bits for each of the first `count` elements of the tensor of that name.
std::vector<uint64_t> hashed_elements(int64_t seed, const std::string& name, size_t count);

}  // namespace clinfer::tests

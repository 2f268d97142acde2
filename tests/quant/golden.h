#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace clinfer::quant::test {

/// A golden file written by make_goldens.py: named tensors and one label per row, where rows have labels.
struct Golden {
  struct Tensor {
    std::vector<int64_t> shape;
    std::vector<uint8_t> bytes;

    std::vector<float> floats() const {
      std::vector<float> values(bytes.size() / 4);
      std::memcpy(values.data(), bytes.data(), bytes.size());
      return values;
    }
  };

  std::map<std::string, Tensor> tensors;
  std::vector<std::string> labels;

  std::string label(int64_t row) const {
    return row < static_cast<int64_t>(labels.size()) ? labels[static_cast<size_t>(row)] : "";
  }
};

/// Reads tests/data/quant/<name>.safetensors; throws std::runtime_error when it cannot.
Golden read_golden(const std::string& name);

/// 64-bit FNV-1a of the bytes of each row, any NaN as 0x7FC00000: how goldens hold decoded values.
std::vector<uint8_t> row_hashes(const std::vector<float>& values, int64_t rows);

}  // namespace clinfer::quant::test

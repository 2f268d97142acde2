#include "golden.h"

#include <bit>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "quant/bytes.h"

namespace clinfer::quant::test {

Golden read_golden(const std::string& name) {
  const std::string path = "tests/data/quant/" + name + ".safetensors";
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot be opened (run from the repository root)");
  const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  uint64_t header_size = 0;
  std::memcpy(&header_size, bytes.data(), 8);
  const char* data = bytes.data() + 8 + header_size;
  Golden golden;
  const auto header = nlohmann::json::parse(bytes.data() + 8, data);
  for (const auto& [key, value] : header.items()) {
    if (key == "__metadata__") {
      std::istringstream labels(value.at("labels").get<std::string>());
      for (std::string label; std::getline(labels, label, ',');) golden.labels.push_back(label);
      continue;
    }
    const auto [begin, end] = value.at("data_offsets").get<std::pair<int64_t, int64_t>>();
    golden.tensors[key] = {value.at("shape").get<std::vector<int64_t>>(), {data + begin, data + end}};
  }
  return golden;
}

std::vector<uint8_t> row_hashes(const std::vector<float>& values, int64_t rows) {
  const size_t cols = values.size() / static_cast<size_t>(rows);
  std::vector<uint8_t> hashes(static_cast<size_t>(rows) * 8);
  for (size_t row = 0; row < static_cast<size_t>(rows); ++row) {
    uint64_t hash = 0xCBF29CE484222325;
    for (size_t col = 0; col < cols; ++col) {
      const float value = values[row * cols + col];
      uint8_t bytes[4];
      store(bytes, std::isnan(value) ? 0x7FC00000u : std::bit_cast<uint32_t>(value));
      for (const uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001B3;
    }
    store(hashes.data() + row * 8, hash);
  }
  return hashes;
}

}  // namespace clinfer::quant::test

#include "golden.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

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

}  // namespace clinfer::quant::test

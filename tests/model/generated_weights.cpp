#include "tests/model/generated_weights.h"

#include <bit>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace clinfer::tests {
namespace {

struct Line {
  std::string format;
  std::vector<int64_t> shape;
  double first;   ///< mean, or the lowest code
  double second;  ///< half width, or the highest code
};

uint64_t fnv1a64(const std::string& text) {
  uint64_t state = 0xCBF29CE484222325;
  for (const char c : text) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return state;
}

/// splitmix64's output function (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
uint64_t finalised(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

/// To the nearest, ties to even.
uint16_t to_bf16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

uint16_t float_bits(const Line& line, uint64_t z) {
  // Exact in double: 24 bits times 17.
  const double part = static_cast<double>(static_cast<float>(line.second)) *
                      static_cast<double>(2 * static_cast<int64_t>(z >> 48) - 65535) / 65536;
  return to_bf16(static_cast<float>(static_cast<double>(static_cast<float>(line.first)) + part));
}

std::byte code(const Line& line, uint64_t z) {
  const auto low = static_cast<uint64_t>(line.first);
  const auto count = static_cast<uint64_t>(line.second) - low + 1;
  const uint64_t sign = line.format == "f8_e4m3" ? (z & 1) << 7 : 0;
  return static_cast<std::byte>(sign | (low + ((z >> 48) * count >> 16)));
}

void append(const Line& line, uint64_t z, std::vector<std::byte>& bytes) {
  if (line.format == "u8" || line.format == "f8_e4m3") {
    bytes.push_back(code(line, z));
    return;
  }
  const uint16_t bits = float_bits(line, z);
  const std::byte pair[] = {static_cast<std::byte>(bits & 0xFF), static_cast<std::byte>(bits >> 8)};
  if (line.format == "f32") bytes.insert(bytes.end(), 2, std::byte{0});
  bytes.insert(bytes.end(), std::begin(pair), std::end(pair));
}

Line line_of(const nlohmann::json& entry) {
  Line line{entry.at(1), entry.at(2), entry.at(3), entry.at(4)};
  for (const char* known : {"bf16", "f32", "u8", "f8_e4m3"}) {
    if (line.format == known) return line;
  }
  throw std::runtime_error("unknown dtype " + line.format);
}

GeneratedTensor generate(int64_t seed, const std::string& name, const Line& line) {
  GeneratedTensor tensor{name, line.format, line.shape, {}};
  size_t count = 1;
  for (const int64_t size : line.shape) count *= static_cast<size_t>(size);
  for (const uint64_t z : hashed_elements(seed, name, count)) append(line, z, tensor.bytes);
  return tensor;
}

/// "0-2,5" -> 0 1 2 5
std::vector<std::string> numbers_of(const std::string& list) {
  std::vector<std::string> numbers;
  for (size_t at = 0; at <= list.size();) {
    const size_t end = std::min(list.find(',', at), list.size());
    const std::string piece = list.substr(at, end - at);
    const size_t dash = piece.find('-');
    const int first = std::stoi(piece);
    const int last = dash == std::string::npos ? first : std::stoi(piece.substr(dash + 1));
    for (int n = first; n <= last; ++n) numbers.push_back(std::to_string(n));
    at = end + 1;
  }
  return numbers;
}

}  // namespace

std::vector<uint64_t> hashed_elements(int64_t seed, const std::string& name, size_t count) {
  uint64_t state = fnv1a64(std::to_string(seed) + ":" + name);
  std::vector<uint64_t> all;
  all.reserve(count);
  for (size_t i = 0; i < count; ++i) all.push_back(finalised(state += 0x9E3779B97F4A7C15));
  return all;
}

std::vector<std::string> expand_pattern(const std::string& pattern) {
  const size_t open = pattern.find('{');
  if (open == std::string::npos) return {pattern};
  const size_t close = pattern.find('}', open);
  std::vector<std::string> names;
  for (const std::string& number : numbers_of(pattern.substr(open + 1, close - open - 1))) {
    for (const std::string& rest : expand_pattern(pattern.substr(close + 1)))
      names.push_back(pattern.substr(0, open) + number + rest);
  }
  return names;
}

GeneratedWeights generate_weights(const std::string& path) try {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot open it");
  const nlohmann::json recipe = nlohmann::json::parse(file);
  GeneratedWeights weights;
  weights.shards = recipe.value("shards", int64_t{1});
  for (const nlohmann::json& entry : recipe.at("tensors")) {
    const Line line = line_of(entry);
    for (const std::string& name : expand_pattern(entry.at(0)))
      weights.tensors.push_back(generate(recipe.at("seed"), name, line));
  }
  return weights;
} catch (const std::exception& error) {
  throw std::runtime_error(path + ": " + error.what());
}

}  // namespace clinfer::tests

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace clinfer::io {

class Checkpoint;

/// One GGUF metadata value. Integers of every width are int64, floats double; the elements of an array have
/// one type. Strings are bytes: the file does not promise UTF-8.
struct GgufValue {
  using Booleans = std::vector<uint8_t>;
  using Integers = std::vector<int64_t>;
  using Numbers = std::vector<double>;
  using Strings = std::vector<std::string>;
  using Nested = std::vector<GgufValue>;
  std::variant<bool, int64_t, double, std::string, Booleans, Integers, Numbers, Strings, Nested> data = false;
};

/// The key-value part of a GGUF file. The accessors throw Error(Fault::model) that names the file and the
/// key: for a missing key without fallback, a value of another type, or one outside [low, high].
class GgufMetadata {
 public:
  using Values = std::map<std::string, GgufValue, std::less<>>;

  GgufMetadata() = default;
  GgufMetadata(std::string file, Values values) : file_(std::move(file)), values_(std::move(values)) {}

  const std::string& file() const { return file_; }
  const Values& values() const { return values_; }
  const GgufValue* find(std::string_view key) const;  ///< nullptr when absent
  bool has(std::string_view key) const { return find(key) != nullptr; }

  int64_t integer(std::string_view key, int64_t low, int64_t high) const;
  int64_t integer_or(std::string_view key, int64_t fallback, int64_t low, int64_t high) const;
  double number(std::string_view key) const;  ///< integer or float, always finite
  double number_or(std::string_view key, double fallback) const;
  bool boolean_or(std::string_view key, bool fallback) const;
  const std::string& string(std::string_view key) const;
  std::string string_or(std::string_view key, std::string fallback) const;
  /// Arrays, by reference. An array of another element type is an error: never reinterpreted.
  const GgufValue::Integers& integers(std::string_view key) const;
  const GgufValue::Numbers& numbers(std::string_view key) const;
  const GgufValue::Strings& strings(std::string_view key) const;

 private:
  const GgufValue& require(std::string_view key, const char* expected) const;
  [[noreturn]] void fail(std::string_view key, const std::string& expected) const;

  std::string file_;
  Values values_;
};

/// The metadata of a checkpoint that came from a GGUF file (tokenizer.ggml.tokens, ...); nullptr for others.
const GgufMetadata* gguf_metadata(const Checkpoint& checkpoint);

/// The same as the file holds it: keys and values (type id first) in their order; nullptr for others.
using GgufRawValues = std::vector<std::pair<std::string, std::span<const std::byte>>>;
const GgufRawValues* gguf_raw_values(const Checkpoint& checkpoint);

}  // namespace clinfer::io

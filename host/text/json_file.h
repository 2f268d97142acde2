#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace clinfer::text {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

inline constexpr uint64_t kMaxJsonBytes = 100'000'000;
inline constexpr int kMaxJsonDepth = 64;

/// The bytes of a file of at most `max_bytes`; Error(Fault::model) naming the file otherwise.
std::string read_text_file(const std::string& path, uint64_t max_bytes = kMaxJsonBytes);

/// Parses JSON text; depth and syntax are checked. `name` (the file) starts every error message.
Json parse_json(const std::string& text, const std::string& name);
OrderedJson parse_ordered_json(const std::string& text, const std::string& name);

/// One JSON value and where it stands ("tokenizer.json: model.merges"), so that errors can name the key.
/// All accessors throw Error(Fault::model) with that place and what was expected.
class JsonAt {
 public:
  JsonAt(const Json& value, std::string file) : value_(&value), file_(std::move(file)) {}

  const Json& value() const { return *value_; }
  bool has(const char* key) const;           ///< an object's key that is there and not null
  JsonAt operator[](const char* key) const;  ///< a required key of an object
  JsonAt operator[](size_t index) const;
  size_t size() const;  ///< of an array

  std::string string() const;
  bool boolean(const char* key, bool fallback) const;
  int32_t token_id() const;  ///< an integer in [0, 2^24)
  std::string string(const char* key, const std::string& fallback) const;
  std::string place() const { return file_ + ": " + (key_.empty() ? "top level" : key_); }
  [[noreturn]] void fail(const std::string& expected) const;

 private:
  JsonAt(const Json& value, std::string file, std::string key)
      : value_(&value), file_(std::move(file)), key_(std::move(key)) {}

  const Json* value_;
  std::string file_;
  std::string key_;
};

}  // namespace clinfer::text

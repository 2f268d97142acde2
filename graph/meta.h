#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace clinfer::graph {

/// A JSON-like value: what a model's configuration holds.
class MetaValue {
 public:
  using Array = std::vector<MetaValue>;
  using Object = std::map<std::string, MetaValue, std::less<>>;
  using Data = std::variant<std::nullptr_t, bool, int64_t, double, std::string, Array, Object>;

  MetaValue() = default;
  MetaValue(Data value) : data(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Data data = nullptr;
};

/// Hyper-parameters of a model under the key names of Hugging Face's config.json, whatever file they came
/// from. Every accessor throws Error(Fault::model) that names the source file and the key: for a missing key
/// without default, a value of another type, or one outside [low, high].
class Meta {
 public:
  enum class Source { config_json, gguf };

  Meta() = default;
  Meta(std::string file, Source source, MetaValue::Object values)
      : file_(std::move(file)), source_(source), values_(std::move(values)) {}

  const std::string& file() const { return file_; }
  Source source() const { return source_; }

  /// True when the key is there and not null.
  bool has(std::string_view key) const;
  int64_t integer(std::string_view key, int64_t low, int64_t high) const;
  int64_t integer_or(std::string_view key, int64_t fallback, int64_t low, int64_t high) const;
  double number(std::string_view key) const;  ///< integer or float, always finite
  double number_or(std::string_view key, double fallback) const;
  bool boolean_or(std::string_view key, bool fallback) const;
  std::string string(std::string_view key) const;
  std::string string_or(std::string_view key, std::string fallback) const;
  std::vector<int64_t> integers(std::string_view key) const;  ///< a list, or one integer as a list of one
  std::vector<std::string> strings(std::string_view key) const;
  std::vector<double> numbers(std::string_view key) const;
  /// A nested object as a Meta of its own (keys are reported as "outer.inner"); empty when absent or null.
  Meta object(std::string_view key) const;
  bool empty() const { return values_.empty(); }
  const MetaValue::Object& values() const { return values_; }

 private:
  const MetaValue* find(std::string_view key) const;
  [[noreturn]] void fail(std::string_view key, const std::string& expected) const;

  std::string file_;
  Source source_ = Source::config_json;
  std::string prefix_;  ///< "rope_scaling." for a nested object
  MetaValue::Object values_;
};

}  // namespace clinfer::graph

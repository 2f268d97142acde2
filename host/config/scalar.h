#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "host/config/environment.h"
#include "host/config/numbers.h"
#include "host/config/type.h"

namespace clinfer::config {

/// A type whose values are scalars: `parse` gives nothing for what is not one, `print` is its inverse.
template <class T>
class Scalar : public Type<T> {
 public:
  using Parse = std::function<std::optional<T>(const Value&)>;
  using Print = std::function<Value(const T&)>;

  Scalar(std::string expected, Value schema, Parse parse, Print print)
      : expected_(std::move(expected)),
        schema_(std::move(schema)),
        parse_(std::move(parse)),
        print_(std::move(print)) {}

  std::string expected() const override { return expected_; }
  Value json_schema() const override { return schema_; }
  Value write(const T& value) const override { return print_(value); }

  void read(const Value& value, const std::string& key, T& out) const override {
    std::optional<T> parsed;
    try {
      if (value.is_scalar()) parsed = parse_(value);
    } catch (const std::invalid_argument& error) {  // of expand_environment
      fail_expected(value, key, error.what());
    }
    if (!parsed) fail_expected(value, key, expected_);
    out = std::move(*parsed);
  }

 private:
  std::string expected_;
  Value schema_;
  Parse parse_;
  Print print_;
};

/// Numbers in [low, high], or (low, high] when low_open. Not NaN, not infinite.
TypePtr<double> number(double low, double high, bool low_open = false);

/// Whole numbers in [low, high].
TypePtr<int64_t> integer(int64_t low, int64_t high);
TypePtr<uint64_t> unsigned_integer();

/// Bytes, with units as in 8GiB.
TypePtr<int64_t> size();

/// true or false.
TypePtr<bool> boolean();

/// Text of at least `least` and at most `most` bytes once ${...} is expanded.
TypePtr<std::string> text(std::string what, size_t least, size_t most);

/// A path; a relative one is taken from the folder of the file it is written in (an override: from the
/// current folder). `words` are kept as they are; "" is a path only when `optional`.
TypePtr<std::string> path(std::string what, bool optional, std::vector<std::string> words = {});

/// A name of letters, digits, '_', '-' and '.', with `slashes` '/' too.
TypePtr<std::string> name(std::string what, bool slashes = false);

/// Any value, kept as --set takes it: scalars as they stand, lists and maps on one line
/// (a relative path among them is taken from the current folder).
TypePtr<std::string> setting();

/// One of a few words.
TypePtr<std::string> word(std::vector<std::string> words);

/// A map without members, to be added to: {"type": type}.
Value schema_of(const std::string& type);

/// "a, b or c".
std::string one_of(const std::vector<std::string>& words);

/// One of a few words, each with its meaning.
template <class T>
TypePtr<T> choice(std::vector<std::pair<std::string, T>> choices) {
  Value schema = schema_of("string");
  std::vector<Value> literals;
  std::vector<std::string> words;
  for (const auto& [spelling, meaning] : choices) {
    literals.push_back(Value::string(spelling));
    words.push_back(spelling);
  }
  schema.add("enum", Value::list(literals));
  const auto parse = [choices](const Value& value) -> std::optional<T> {
    for (const auto& [spelling, meaning] : choices) {
      if (spelling == value.text) return meaning;
    }
    return std::nullopt;
  };
  const auto print = [choices](const T& value) {
    for (const auto& [spelling, meaning] : choices) {
      if (meaning == value) return Value::string(spelling);
    }
    return Value();
  };
  return std::make_shared<Scalar<T>>(one_of(words), schema, parse, print);
}

}  // namespace clinfer::config

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "host/text/json_file.h"

namespace clinfer::text::jinja {

inline constexpr size_t kMaxText = 64 * 1024 * 1024;  ///< bytes of one string or of the output
inline constexpr size_t kMaxItems = 1'000'000;        ///< of one list

/// A fault while a template runs; the interpreter adds the template's name and line.
class RenderError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Value;
struct Arguments;

/// What a list or dict holds: bounded depth keeps recursion over values safe, and namespaces, the only values
/// that change, may not hold each other, so that there are no cycles.
struct Nesting {
  int depth = 1;
  bool holds_name_space = false;
};
inline constexpr int kMaxNesting = 100;

struct List {
  std::vector<Value> items;
  bool tuple = false;  ///< printed with parentheses
  Nesting nesting{};   ///< set when it becomes a Value
};

/// Keys in the order they were put in, as in Python.
struct Dict {
  std::vector<std::pair<Value, Value>> items;
  bool name_space = false;  ///< namespace(): its attributes can be set
  Nesting nesting{};        ///< set when it becomes a Value

  Value* find(const Value& key);
  void set(Value key, Value value);
};

struct Callable {
  std::string name;
  std::function<Value(const Arguments&)> call;
};

/// A value of the template language: Python's None, bool, int (64 bits), float, str, list or tuple, dict,
/// callables, and Jinja's undefined. Lists and dicts are shared, as in Python.
class Value {
 public:
  struct Undefined {
    std::string name;
  };

  Value() : data_(nullptr) {}
  Value(std::nullptr_t) : data_(nullptr) {}
  Value(bool value) : data_(value) {}
  Value(int64_t value) : data_(value) {}
  Value(double value) : data_(value) {}
  Value(std::string value) : data_(std::move(value)) {}
  Value(std::string_view value) : data_(std::string(value)) {}
  Value(const char* value) : data_(std::string(value)) {}
  Value(List value);  ///< RenderError when it is nested deeper than kMaxNesting
  Value(Dict value);
  Value(Callable value) : data_(std::make_shared<const Callable>(std::move(value))) {}
  static Value undefined(std::string name) { return Value(Undefined{std::move(name)}); }
  static Value from_json(const OrderedJson& json);

  bool is_undefined() const { return std::holds_alternative<Undefined>(data_); }
  bool is_none() const { return std::holds_alternative<std::nullptr_t>(data_); }
  bool is_bool() const { return std::holds_alternative<bool>(data_); }
  bool is_int() const { return std::holds_alternative<int64_t>(data_); }
  bool is_double() const { return std::holds_alternative<double>(data_); }
  bool is_number() const { return is_bool() || is_int() || is_double(); }
  bool is_string() const { return std::holds_alternative<std::string>(data_); }
  bool is_list() const { return std::holds_alternative<std::shared_ptr<List>>(data_); }
  bool is_dict() const { return std::holds_alternative<std::shared_ptr<Dict>>(data_); }
  bool is_callable() const { return std::holds_alternative<std::shared_ptr<const Callable>>(data_); }

  const std::string& string() const;  ///< the accessors throw RenderError when the value is of another type
  const List& list() const;
  List& list();
  const Dict& dict() const;
  Dict& dict();
  const Callable& callable() const;
  int64_t integer() const;             ///< of an int or bool
  double number() const;               ///< of an int, bool or float
  bool truth() const;                  ///< Python's bool()
  int64_t length() const;              ///< characters, items or keys
  std::vector<Value> iterate() const;  ///< characters, items or keys; nothing for undefined
  Nesting nesting() const;             ///< depth 0 for anything but lists and dicts
  const char* type_name() const;       ///< Python's
  const std::string& undefined_name() const { return std::get<Undefined>(data_).name; }

 private:
  explicit Value(Undefined value) : data_(std::move(value)) {}

  std::variant<std::nullptr_t, Undefined, bool, int64_t, double, std::string, std::shared_ptr<List>,
               std::shared_ptr<Dict>, std::shared_ptr<const Callable>>
      data_;
};

/// What a call was given: f(positional..., name=value...).
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;

  const Value* find(size_t position, std::string_view name) const;  ///< nullptr when not given
  Value get(size_t position, std::string_view name, Value fallback) const;
  Value require(size_t position, std::string_view name) const;  ///< RenderError when not given
};

bool equal(const Value& a, const Value& b);
/// Python's order of numbers, strings and lists: negative, 0 or positive; RenderError for other pairs.
int compare(const Value& a, const Value& b);
bool contains(const Value& container, const Value& item);  ///< item in container

}  // namespace clinfer::text::jinja

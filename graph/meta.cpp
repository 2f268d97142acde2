#include "graph/meta.h"

#include <cmath>

#include "quant/error.h"

namespace clinfer::graph {
namespace {

constexpr std::string_view kTypeNames[] = {"null",     "a boolean", "an integer", "a number",
                                           "a string", "a list",    "an object"};

std::string type_name(const MetaValue& value) {
  return std::string(kTypeNames[value.data.index()]);
}

std::string range_text(int64_t low, int64_t high) {
  return "an integer in [" + std::to_string(low) + ", " + std::to_string(high) + "]";
}

/// The number a value holds, or NaN when it is none.
double as_number(const MetaValue& value) {
  if (const auto* integer = std::get_if<int64_t>(&value.data)) return static_cast<double>(*integer);
  if (const auto* real = std::get_if<double>(&value.data)) return *real;
  return std::nan("");
}

}  // namespace

const MetaValue* Meta::find(std::string_view key) const {
  const auto at = values_.find(key);
  if (at == values_.end() || std::holds_alternative<std::nullptr_t>(at->second.data)) return nullptr;
  return &at->second;
}

void Meta::fail(std::string_view key, const std::string& expected) const {
  throw Error(Fault::model, file_ + ": key '" + prefix_ + std::string(key) + "': " + expected);
}

bool Meta::has(std::string_view key) const {
  return find(key) != nullptr;
}

int64_t Meta::integer(std::string_view key, int64_t low, int64_t high) const {
  const MetaValue* value = find(key);
  if (value == nullptr) fail(key, "missing; expected " + range_text(low, high));
  const auto* integer = std::get_if<int64_t>(&value->data);
  if (integer == nullptr) fail(key, "expected " + range_text(low, high) + ", found " + type_name(*value));
  if (*integer < low || *integer > high) {
    fail(key, "expected " + range_text(low, high) + ", found " + std::to_string(*integer));
  }
  return *integer;
}

int64_t Meta::integer_or(std::string_view key, int64_t fallback, int64_t low, int64_t high) const {
  return has(key) ? integer(key, low, high) : fallback;
}

double Meta::number(std::string_view key) const {
  const MetaValue* value = find(key);
  if (value == nullptr) fail(key, "missing; expected a number");
  const double number = as_number(*value);
  if (!std::isfinite(number)) {
    const bool real = std::holds_alternative<double>(value->data);
    fail(key, "expected a finite number, found " + (real ? "NaN or infinity" : type_name(*value)));
  }
  return number;
}

double Meta::number_or(std::string_view key, double fallback) const {
  return has(key) ? number(key) : fallback;
}

bool Meta::boolean_or(std::string_view key, bool fallback) const {
  const MetaValue* value = find(key);
  if (value == nullptr) return fallback;
  const auto* boolean = std::get_if<bool>(&value->data);
  if (boolean == nullptr) fail(key, "expected true or false, found " + type_name(*value));
  return *boolean;
}

std::string Meta::string(std::string_view key) const {
  const MetaValue* value = find(key);
  if (value == nullptr) fail(key, "missing; expected a string");
  const auto* string = std::get_if<std::string>(&value->data);
  if (string == nullptr) fail(key, "expected a string, found " + type_name(*value));
  return *string;
}

std::string Meta::string_or(std::string_view key, std::string fallback) const {
  return has(key) ? string(key) : std::move(fallback);
}

std::vector<int64_t> Meta::integers(std::string_view key) const {
  const MetaValue* value = find(key);
  if (value == nullptr) fail(key, "missing; expected a list of integers");
  if (const auto* integer = std::get_if<int64_t>(&value->data)) return {*integer};
  const auto* list = std::get_if<MetaValue::Array>(&value->data);
  if (list == nullptr) fail(key, "expected a list of integers, found " + type_name(*value));
  std::vector<int64_t> result;
  for (const MetaValue& item : *list) {
    const auto* integer = std::get_if<int64_t>(&item.data);
    if (integer == nullptr) fail(key, "expected a list of integers, found " + type_name(item) + " in it");
    result.push_back(*integer);
  }
  return result;
}

std::vector<std::string> Meta::strings(std::string_view key) const {
  const MetaValue* value = find(key);
  if (value == nullptr) fail(key, "missing; expected a list of strings");
  const auto* list = std::get_if<MetaValue::Array>(&value->data);
  if (list == nullptr) fail(key, "expected a list of strings, found " + type_name(*value));
  std::vector<std::string> result;
  for (const MetaValue& item : *list) {
    const auto* string = std::get_if<std::string>(&item.data);
    if (string == nullptr) fail(key, "expected a list of strings, found " + type_name(item) + " in it");
    result.push_back(*string);
  }
  return result;
}

std::vector<double> Meta::numbers(std::string_view key) const {
  const MetaValue* value = find(key);
  if (value == nullptr) fail(key, "missing; expected a list of numbers");
  const auto* list = std::get_if<MetaValue::Array>(&value->data);
  if (list == nullptr) fail(key, "expected a list of numbers, found " + type_name(*value));
  std::vector<double> result;
  for (const MetaValue& item : *list) {
    const double number = as_number(item);
    if (!std::isfinite(number))
      fail(key, "expected finite numbers, found " + type_name(item) + " in the list");
    result.push_back(number);
  }
  return result;
}

Meta Meta::object(std::string_view key) const {
  const MetaValue* value = find(key);
  Meta result(file_, source_, {});
  result.prefix_ = prefix_ + std::string(key) + ".";
  if (value == nullptr) return result;
  const auto* object = std::get_if<MetaValue::Object>(&value->data);
  if (object == nullptr) fail(key, "expected an object, found " + type_name(*value));
  result.values_ = *object;
  return result;
}

}  // namespace clinfer::graph

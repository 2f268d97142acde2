#include "host/io/gguf_metadata.h"

#include <cmath>

#include "host/io/quote.h"
#include "quant/error.h"

namespace clinfer::io {

void GgufMetadata::fail(std::string_view key, const std::string& expected) const {
  throw Error(Fault::model, file_ + ": key " + quote(key) + ": expected " + expected);
}

const GgufValue* GgufMetadata::find(std::string_view key) const {
  const auto at = values_.find(key);
  return at == values_.end() ? nullptr : &at->second;
}

const GgufValue& GgufMetadata::require(std::string_view key, const char* expected) const {
  const GgufValue* value = find(key);
  if (value == nullptr) fail(key, std::string(expected) + ", but it is missing");
  return *value;
}

int64_t GgufMetadata::integer(std::string_view key, int64_t low, int64_t high) const {
  const auto* integer = std::get_if<int64_t>(&require(key, "an integer").data);
  const std::string range = "an integer in [" + std::to_string(low) + ", " + std::to_string(high) + "]";
  if (integer == nullptr) fail(key, range);
  if (*integer < low || *integer > high) fail(key, range + ", found " + std::to_string(*integer));
  return *integer;
}

int64_t GgufMetadata::integer_or(std::string_view key, int64_t fallback, int64_t low, int64_t high) const {
  return has(key) ? integer(key, low, high) : fallback;
}

double GgufMetadata::number(std::string_view key) const {
  const GgufValue& value = require(key, "a number");
  if (const auto* integer = std::get_if<int64_t>(&value.data)) return static_cast<double>(*integer);
  const auto* number = std::get_if<double>(&value.data);
  if (number == nullptr || !std::isfinite(*number)) fail(key, "a finite number");
  return *number;
}

double GgufMetadata::number_or(std::string_view key, double fallback) const {
  return has(key) ? number(key) : fallback;
}

bool GgufMetadata::boolean_or(std::string_view key, bool fallback) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return fallback;
  const auto* boolean = std::get_if<bool>(&value->data);
  if (boolean == nullptr) fail(key, "a boolean");
  return *boolean;
}

const std::string& GgufMetadata::string(std::string_view key) const {
  const auto* string = std::get_if<std::string>(&require(key, "a string").data);
  if (string == nullptr) fail(key, "a string");
  return *string;
}

std::string GgufMetadata::string_or(std::string_view key, std::string fallback) const {
  if (has(key)) return string(key);
  return fallback;
}

const GgufValue::Integers& GgufMetadata::integers(std::string_view key) const {
  const auto* list = std::get_if<GgufValue::Integers>(&require(key, "an array of integers").data);
  if (list == nullptr) fail(key, "an array of integers");
  return *list;
}

const GgufValue::Numbers& GgufMetadata::numbers(std::string_view key) const {
  const auto* list = std::get_if<GgufValue::Numbers>(&require(key, "an array of floats").data);
  if (list == nullptr) fail(key, "an array of floats");
  return *list;
}

const GgufValue::Strings& GgufMetadata::strings(std::string_view key) const {
  const auto* list = std::get_if<GgufValue::Strings>(&require(key, "an array of strings").data);
  if (list == nullptr) fail(key, "an array of strings");
  return *list;
}

}  // namespace clinfer::io

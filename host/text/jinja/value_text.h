#pragma once

#include <string>

#include "host/text/jinja/value.h"

namespace clinfer::text::jinja {

std::string to_text(const Value& value);  ///< Python's str(); "" for undefined
std::string to_repr(const Value& value);  ///< Python's repr()

struct JsonStyle {
  int64_t indent = -1;  ///< spaces per level; -1: on one line
  std::string item_separator = ", ";
  std::string key_separator = ": ";
  bool sort_keys = false;
};

/// json.dumps(value, ensure_ascii=False).
std::string to_json(const Value& value, const JsonStyle& style);

}  // namespace clinfer::text::jinja

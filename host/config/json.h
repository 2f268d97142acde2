#pragma once

#include <string>
#include <string_view>

#include "host/config/value.h"

namespace clinfer::config {

/// `text` (UTF-8) as a JSON string with its quotes; also a valid YAML double-quoted scalar.
std::string json_string(std::string_view text);

/// `text` with what cannot stand on one line escaped; unchanged where nothing must be.
std::string one_line(std::string_view text);

/// On one line. Literals are written as they are, so they must be numbers, true or false.
std::string json_line(const Value& value);

/// Over several lines, indented by two spaces; lists and maps without entries stay on one line.
std::string json_lines(const Value& value, int indent = 0);

}  // namespace clinfer::config

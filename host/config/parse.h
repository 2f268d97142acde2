#pragma once

#include <string>

#include "host/config/value.h"

namespace clinfer::config {

/// Reads one YAML (or JSON) document. Every value's place names `file`, with line and column, or only `file`
/// when `is_override` (the text is an argument then). Aliases are copied out. Throws Error(Fault::usage) with
/// the position for: syntax errors, duplicate keys, keys that are no scalars, tags outside YAML's own, more
/// than one document, nesting deeper than 32, more than 10,000 values after aliases.
Value parse(const std::string& text, const std::string& file, bool is_override = false);

}  // namespace clinfer::config

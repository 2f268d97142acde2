#pragma once

#include <string>
#include <string_view>

#include "host/text/jinja/ast.h"

namespace clinfer::text::jinja {

/// Parses a template. Unknown statements, filters and tests are errors here, as in Jinja.
/// Error(Fault::model) names `name` (the file) and the line.
Body parse(std::string_view source, const std::string& name);

}  // namespace clinfer::text::jinja

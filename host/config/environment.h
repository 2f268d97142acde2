#pragma once

#include <string>
#include <string_view>

namespace clinfer::config {

/// Replaces ${NAME} and ${NAME:-default} by environment variables (the default also where the variable is
/// empty) and $${ by ${. The result is not expanded again. Throws std::invalid_argument with the reason when
/// a variable without a default is not set, or a ${ is not closed or has no valid name.
std::string expand_environment(std::string_view text);

/// The text that expand_environment turns into `text`.
std::string escape_environment(std::string_view text);

}  // namespace clinfer::config

#pragma once

#include <string>
#include <string_view>

namespace clinfer::cl {

/// A JSON string, quotes included: control characters escaped, each byte that is no part of valid UTF-8 as
/// U+FFFD.
std::string json_text(std::string_view text);

}  // namespace clinfer::cl

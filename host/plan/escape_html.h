#pragma once

#include <string>
#include <string_view>

namespace clinfer::plan {

/// Text as it may stand in HTML and SVG, in attributes too: names come from model files.
std::string escape_html(std::string_view text);

}  // namespace clinfer::plan

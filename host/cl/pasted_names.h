#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace clinfer::cl {

/// A macro as its definition stands in a text.
struct Macro {
  std::string_view name;
  std::string_view rest;  ///< parameters and body
};

/// Names that macros of the text may give to functions which they define: words of the text that fit, and
/// what pasting a vector's width makes.
std::set<std::string> pasted_names(std::string_view text, const std::vector<Macro>& macros);

}  // namespace clinfer::cl

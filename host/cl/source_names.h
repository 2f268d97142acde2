#pragma once

#include <set>
#include <string>
#include <string_view>

namespace clinfer::cl {

/// Names that a resolved OpenCL C text makes known outside of functions.
struct SourceNames {
  std::set<std::string> macros;        ///< that some line defines, whatever #if surrounds it
  std::set<std::string> declarations;  ///< functions, types, struct tags, constants
};

SourceNames names_of(std::string_view text);

}  // namespace clinfer::cl

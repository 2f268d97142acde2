#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "graph/meta.h"

namespace clinfer::io {

/// Bounds on a JSON document out of a model folder.
struct JsonLimits {
  size_t bytes = size_t{16} << 20;
  size_t depth = 64;
  size_t values = size_t{1} << 20;  ///< bounds the memory the document takes
};

/// Reads a file that holds one JSON object. Throws Error(Fault::model) naming the file (and the byte at
/// fault) when it is no such file, exceeds a limit, is not JSON in UTF-8, or has a key twice in one object.
graph::MetaValue::Object read_json_object(const std::string& path, const JsonLimits& limits = {});

/// The same for text; `path` is what errors name.
graph::MetaValue::Object parse_json_object(std::string_view text, std::string_view path,
                                           const JsonLimits& limits = {});

}  // namespace clinfer::io

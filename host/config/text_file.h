#pragma once

#include <cstddef>
#include <string>

namespace clinfer::config {

constexpr size_t kMaxFileBytes = size_t{1} << 20;

/// The text of a configuration file without its byte order mark. Throws Error(Fault::usage) that names the
/// file when it cannot be read, is not a regular file, is larger than kMaxFileBytes, or is not UTF-8 text
/// without NUL (with line and column).
std::string read_text_file(const std::string& path);

}  // namespace clinfer::config

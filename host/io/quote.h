#pragma once

#include <string>
#include <string_view>

namespace clinfer::io {

/// A name out of a file as it may stand in a one-line message: in single quotes, bytes outside printable
/// ASCII as \xNN, and no more than its first 100 bytes.
std::string quote(std::string_view name);

/// Throws Error(Fault::model) unless `name` may be a tensor's: 1 to 1024 printable ASCII characters, none of
/// < > & " ' \ and no "../". Names never become paths, but they do reach terminals and HTML reports.
void check_tensor_name(std::string_view file, std::string_view name);

}  // namespace clinfer::io

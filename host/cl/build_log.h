#pragma once

#include <string>

namespace clinfer::cl {

/// A compiler's log with our file names. NVIDIA's compiler ignores #line and speaks of "<kernel>:N", the N-th
/// line of the whole text: that becomes "file:line" by the #line directives of `text` as SourceLoader writes
/// them.
std::string named_log(const std::string& log, const std::string& text);

}  // namespace clinfer::cl

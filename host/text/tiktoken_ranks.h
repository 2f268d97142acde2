#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clinfer::text {

/// The tokens (bytes) of a tiktoken file by rank. The file has lines "base64 rank", in any order: each rank
/// from 0 to the number of lines - 1 once, each token once, all 256 single bytes among them.
/// Error(Fault::model) starting with `name` (the file) and the line otherwise.
std::vector<std::string> parse_tiktoken_ranks(std::string_view text, const std::string& name);

}  // namespace clinfer::text

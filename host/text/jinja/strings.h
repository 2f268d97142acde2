#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clinfer::text::jinja {

// Python's str methods on UTF-8.

std::string upper(std::string_view text);
std::string lower(std::string_view text);
std::string title(std::string_view text);
std::string capitalize(std::string_view text);

/// Cuts characters from the left and/or right: those in `characters`, or white space when it is null.
std::string strip(std::string_view text, const std::string* characters, bool left, bool right);

/// Cuts at white space (`separator` null) or at a separator, at most `limit` times (negative: everywhere).
std::vector<std::string> split(std::string_view text, const std::string* separator, int64_t limit);
std::vector<std::string> rsplit(std::string_view text, const std::string& separator, int64_t limit);
std::vector<std::string> split_lines(std::string_view text);

/// Replaces up to `limit` (negative: all) places.
std::string replace(std::string_view text, std::string_view from, std::string_view to, int64_t limit);

std::string escape_html(std::string_view text);
std::vector<std::string> characters_of(std::string_view text);

}  // namespace clinfer::text::jinja

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace clinfer::text {

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

/// What stands at one place of a byte string.
struct Utf8Step {
  enum class Kind { character, invalid, cut_off };  ///< cut_off: valid so far, but the text ends inside it
  Kind kind;
  uint32_t codepoint;  ///< of a whole character, else 0
  size_t bytes;        ///< bytes to step over, at least 1; of an invalid sequence its longest valid prefix
};

/// Reads the character at text[at] (Unicode 15, table 3-7: no overlongs, no surrogates); at < text.size().
Utf8Step read_utf8(std::string_view text, size_t at);

/// Appends a code point's UTF-8 bytes.
void append_utf8(std::string& out, uint32_t codepoint);

bool is_valid_utf8(std::string_view text);

/// Each maximal invalid sequence becomes one U+FFFD, as Python's errors="replace" and Rust's lossy decoding
/// do.
std::string replace_invalid_utf8(std::string_view bytes);

}  // namespace clinfer::text

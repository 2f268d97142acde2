#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clinfer::text {

/// GPT-2's alphabet: each byte is written as one printable character (the 188 printable Latin-1 bytes stand
/// for themselves, the others follow from U+0100 on).
void append_byte_as_character(std::string& out, unsigned char byte);

/// Each byte of `bytes` as a character of the alphabet.
std::string bytes_to_alphabet(std::string_view bytes);

/// The bytes that a token's characters stand for; nothing when a character is not of the alphabet.
std::optional<std::string> alphabet_to_bytes(std::string_view token);

}  // namespace clinfer::text

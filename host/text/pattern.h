#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/text/json_file.h"
#include "host/text/regex.h"

namespace clinfer::text {

/// A part of a text, [begin, end) in bytes, that a pattern matched or left over.
struct Span {
  size_t begin;
  size_t end;
  bool matched;
};

/// A tokenizer.json pattern: {"Regex": ...} or {"String": ...}.
class Pattern {
 public:
  explicit Pattern(Regex regex) : regex_(std::move(regex)) {}

  std::vector<Span> spans(std::string_view text) const;  ///< matches and what lies between, in order
  std::string replace(std::string_view text, std::string_view content) const;

 private:
  Regex regex_;
};

Pattern make_pattern(const JsonAt& json);

size_t leading_spaces(std::string_view text);           ///< bytes of White_Space characters at the start
size_t without_trailing_spaces(std::string_view text);  ///< bytes left when those at the end are cut
bool starts_with_word(std::string_view text);           ///< first character is one of \w
bool ends_with_word(std::string_view text);
bool is_white_space(uint32_t codepoint);
bool is_number(uint32_t codepoint);  ///< categories Nd, Nl, No

}  // namespace clinfer::text

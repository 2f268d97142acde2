#include "host/text/pattern.h"

#include <utf8proc.h>

#include "host/text/utf8.h"

namespace clinfer::text {
namespace {

utf8proc_category_t category(uint32_t codepoint) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(codepoint));
}

size_t last_character(std::string_view text) {
  size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

// Letters, marks, decimal and letter numbers, connectors, and the two joiners of UTS 18's \w.
bool is_word(uint32_t codepoint) {
  if (codepoint == 0x200C || codepoint == 0x200D) return true;
  const auto kind = category(codepoint);
  return (kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_NL) || kind == UTF8PROC_CATEGORY_PC;
}

}  // namespace

std::vector<Span> Pattern::spans(std::string_view text) const {
  std::vector<Span> spans;
  size_t last = 0;
  regex_.for_each_match(text, [&](size_t begin, size_t end) {
    if (last != begin) spans.push_back({last, begin, false});
    spans.push_back({begin, end, true});
    last = end;
  });
  if (last != text.size()) spans.push_back({last, text.size(), false});
  return spans;
}

std::string Pattern::replace(std::string_view text, std::string_view content) const {
  std::string out;
  for (const Span& span : spans(text)) {
    out += span.matched ? content : text.substr(span.begin, span.end - span.begin);
  }
  return out;
}

Pattern make_pattern(const JsonAt& json) {
  if (json.has("Regex")) return Pattern(Regex(json["Regex"].string(), json["Regex"].place()));
  if (!json.has("String")) json.fail("expected {\"Regex\": ...} or {\"String\": ...}");
  const JsonAt literal = json["String"];
  if (literal.string().empty()) literal.fail("expected a string that is not empty");
  return Pattern(Regex(quote_regex(literal.string()), literal.place()));
}

bool is_white_space(uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool is_number(uint32_t codepoint) {
  const auto kind = category(codepoint);
  return kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO;
}

size_t leading_spaces(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const Utf8Step step = read_utf8(text, at);
    if (!is_white_space(step.codepoint)) break;
    at += step.bytes;
  }
  return at;
}

size_t without_trailing_spaces(std::string_view text) {
  while (!text.empty()) {
    const size_t at = last_character(text);
    if (!is_white_space(read_utf8(text, at).codepoint)) break;
    text = text.substr(0, at);
  }
  return text.size();
}

bool starts_with_word(std::string_view text) {
  return !text.empty() && is_word(read_utf8(text, 0).codepoint);
}

bool ends_with_word(std::string_view text) {
  return !text.empty() && is_word(read_utf8(text, last_character(text)).codepoint);
}

}  // namespace clinfer::text

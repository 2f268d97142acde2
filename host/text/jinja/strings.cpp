#include "host/text/jinja/strings.h"

#include <utf8proc.h>

#include <algorithm>

#include "host/text/jinja/value.h"
#include "host/text/pattern.h"
#include "host/text/utf8.h"

namespace clinfer::text::jinja {
namespace {

using Mapping = utf8proc_int32_t (*)(utf8proc_int32_t);

void append_mapped(std::string& out, uint32_t codepoint, Mapping mapping) {
  append_utf8(out, static_cast<uint32_t>(mapping(static_cast<utf8proc_int32_t>(codepoint))));
}

std::string map(std::string_view text, Mapping mapping) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const Utf8Step step = read_utf8(text, at);
    append_mapped(out, step.codepoint, mapping);
    at += step.bytes;
  }
  return out;
}

// str.isspace: White_Space and the four information separators.
bool is_python_space(uint32_t codepoint) {
  return is_white_space(codepoint) || (codepoint >= 0x1C && codepoint <= 0x1F);
}

bool is_cased(uint32_t codepoint) {
  const auto kind = utf8proc_category(static_cast<utf8proc_int32_t>(codepoint));
  return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LT;
}

}  // namespace

std::string upper(std::string_view text) {
  return map(text, utf8proc_toupper);
}
std::string lower(std::string_view text) {
  return map(text, utf8proc_tolower);
}

std::string title(std::string_view text) {
  std::string out;
  bool in_word = false;
  for (size_t at = 0; at < text.size();) {
    const Utf8Step step = read_utf8(text, at);
    append_mapped(out, step.codepoint, in_word ? utf8proc_tolower : utf8proc_totitle);
    in_word = is_cased(step.codepoint);
    at += step.bytes;
  }
  return out;
}

std::string capitalize(std::string_view text) {
  if (text.empty()) return "";
  const Utf8Step first = read_utf8(text, 0);
  std::string out;
  append_mapped(out, first.codepoint, utf8proc_totitle);
  return out + lower(text.substr(first.bytes));
}

std::vector<std::string> characters_of(std::string_view text) {
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = read_utf8(text, at).bytes;
    out.emplace_back(text.substr(at, bytes));
    at += bytes;
  }
  return out;
}

std::string strip(std::string_view text, const std::string* characters, bool left, bool right) {
  const std::vector<std::string> set =
      characters == nullptr ? std::vector<std::string>() : characters_of(*characters);
  auto unwanted = [&](std::string_view character) {
    if (characters == nullptr) return is_python_space(read_utf8(character, 0).codepoint);
    return std::find(set.begin(), set.end(), character) != set.end();
  };
  while (left && !text.empty()) {
    const size_t bytes = read_utf8(text, 0).bytes;
    if (!unwanted(text.substr(0, bytes))) break;
    text.remove_prefix(bytes);
  }
  while (right && !text.empty()) {
    size_t at = text.size() - 1;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
    if (!unwanted(text.substr(at))) break;
    text = text.substr(0, at);
  }
  return std::string(text);
}

std::vector<std::string> split(std::string_view text, const std::string* separator, int64_t limit) {
  std::vector<std::string> out;
  if (separator != nullptr) {
    for (size_t at = text.find(*separator); at != std::string_view::npos && limit != 0;
         at = text.find(*separator)) {
      out.emplace_back(text.substr(0, at));
      text.remove_prefix(at + separator->size());
      --limit;
    }
    out.emplace_back(text);
    return out;
  }
  size_t at = 0;
  auto skip = [&](bool spaces) {
    while (at < text.size()) {
      const Utf8Step step = read_utf8(text, at);
      if (is_python_space(step.codepoint) != spaces) break;
      at += step.bytes;
    }
  };
  for (skip(true); at < text.size(); skip(true)) {
    const size_t begin = at;
    skip(false);
    if (limit-- == 0) {
      out.emplace_back(text.substr(begin));
      break;
    }
    out.emplace_back(text.substr(begin, at - begin));
  }
  return out;
}

std::vector<std::string> rsplit(std::string_view text, const std::string& separator, int64_t limit) {
  std::vector<std::string> out;
  for (size_t at = text.rfind(separator); at != std::string_view::npos && limit != 0;
       at = text.rfind(separator)) {
    out.emplace_back(text.substr(at + separator.size()));
    text = text.substr(0, at);
    --limit;
  }
  out.emplace_back(text);
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("\n\r"), text.size());
    out.emplace_back(text.substr(0, end));
    const bool pair = text.substr(end, 2) == "\r\n";
    text.remove_prefix(std::min(text.size(), end + (pair ? 2 : 1)));
  }
  return out;
}

std::string replace(std::string_view text, std::string_view from, std::string_view to, int64_t limit) {
  std::string out;
  auto put = [&out](std::string_view part) {
    if (out.size() + part.size() > kMaxText) throw RenderError("a text grows beyond 64 MiB");
    out += part;
  };
  if (from.empty()) {  // before each character and at the end
    for (const std::string& character : characters_of(text)) {
      if (limit != 0) put(to);
      if (limit > 0) --limit;
      put(character);
    }
    if (limit != 0) put(to);
    return out;
  }
  for (size_t at = text.find(from); at != std::string_view::npos && limit != 0; at = text.find(from)) {
    put(text.substr(0, at));
    put(to);
    text.remove_prefix(at + from.size());
    --limit;
  }
  put(text);
  return out;
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace clinfer::text::jinja

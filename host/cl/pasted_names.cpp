#include "host/cl/pasted_names.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace clinfer::cl {

namespace {

bool in_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::string_view word_at(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && in_word(text[end])) ++end;
  return text.substr(at, end - at);
}

std::set<std::string_view> words_of(std::string_view text) {
  std::set<std::string_view> words;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view word = word_at(text, i);
    if (!word.empty()) words.insert(word);
    i += word.size();
  }
  return words;
}

/// A name as the pieces that stand round a macro's parameters: name##_to_float is {"", "_to_float"}.
using Pattern = std::vector<std::string>;

/// The word at the start of the text, which may be pasted together, and its length.
std::pair<Pattern, size_t> pasted_word(std::string_view text, const std::set<std::string_view>& parameters) {
  Pattern pattern = {""};
  size_t at = 0;
  for (std::string_view part = word_at(text, 0); !part.empty(); part = word_at(text, at)) {
    if (parameters.contains(part))
      pattern.emplace_back();
    else
      pattern.back() += part;
    at += part.size();
    if (text.substr(at).starts_with("##")) at += 2;
  }
  return {pattern, at};
}

/// Whether a '{' follows the round brackets that the text begins with.
bool is_definition(std::string_view text) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] != ')' || --depth > 0) continue;
    const size_t next = text.find_first_not_of(" \\\n", i + 1);
    return next != std::string_view::npos && text[next] == '{';
  }
  return false;
}

/// Names of the functions that a macro's body defines.
std::vector<Pattern> functions_of(const Macro& macro) {
  const size_t close = macro.rest.starts_with('(') ? macro.rest.find(')') : 0;
  if (close == std::string_view::npos) return {};
  const std::set<std::string_view> parameters = words_of(macro.rest.substr(0, close));
  const std::string_view body = macro.rest.substr(close);
  std::vector<Pattern> functions;
  int depth = close > 0 ? 1 : 0;
  for (size_t i = 0; i < body.size();) {
    if (depth == 0 && in_word(body[i])) {
      const auto [pattern, length] = pasted_word(body.substr(i), parameters);
      i += length;
      if (body.substr(i).starts_with('(') && is_definition(body.substr(i))) functions.push_back(pattern);
      continue;
    }
    if (body[i] == '(' || body[i] == '{') ++depth;
    if (body[i] == ')' || body[i] == '}') --depth;
    ++i;
  }
  return functions;
}

bool fits(std::string_view word, const Pattern& pattern) {
  if (pattern.size() == 1) return word == pattern.front();
  if (!word.starts_with(pattern.front())) return false;
  size_t at = pattern.front().size();
  for (size_t i = 1; i + 1 < pattern.size(); ++i) {
    at = word.find(pattern[i], at);
    if (at == std::string_view::npos) return false;
    at += pattern[i].size();
  }
  return word.substr(at).ends_with(pattern.back());
}

constexpr const char* kWidths[] = {"2", "3", "4", "8", "16"};  // of vectors

}  // namespace

std::set<std::string> pasted_names(std::string_view text, const std::vector<Macro>& macros) {
  std::vector<Pattern> patterns;
  for (const Macro& macro : macros) {
    for (Pattern& pattern : functions_of(macro)) patterns.push_back(std::move(pattern));
  }
  std::set<std::string> names;
  for (const std::string_view word : words_of(text)) {
    const bool made = std::ranges::any_of(patterns, [&](const Pattern& p) { return fits(word, p); });
    const bool is_macro = std::ranges::any_of(macros, [&](const Macro& m) { return m.name == word; });
    if (made && !is_macro) names.insert(std::string(word));
  }
  // Where both the definition and the call paste, no word of the text is the name.
  for (const Pattern& pattern : patterns) {
    if (pattern.size() != 2 || pattern.front().empty()) continue;
    for (const char* width : kWidths) names.insert(pattern.front() + width + pattern.back());
  }
  return names;
}

}  // namespace clinfer::cl

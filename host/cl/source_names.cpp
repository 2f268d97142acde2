#include "host/cl/source_names.h"

#include <algorithm>
#include <cctype>

#include "host/cl/pasted_names.h"

namespace clinfer::cl {

namespace {

bool starts_word(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool in_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Words and single characters of a text without comments and strings. Lines of the preprocessor are taken
/// out, and the macros they define noted.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) {}

  const std::vector<Macro>& macros() const { return macros_; }

  /// Empty at the end.
  std::string_view next() {
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (rest_.starts_with("//")) {
        skip_to("\n", 0);
      } else if (rest_.starts_with("/*")) {
        skip_to("*/", 2);
      } else if (c == '#') {
        take_directive();
      } else if (c == '"') {
        skip_string();
      } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
        rest_.remove_prefix(1);
      } else {
        return take(in_word(c) ? word_length(rest_) : 1);
      }
    }
    return {};
  }

 private:
  static size_t word_length(std::string_view text) {
    size_t length = 0;
    while (length < text.size() && in_word(text[length])) ++length;
    return length;
  }

  std::string_view take(size_t length) {
    const std::string_view token = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return token;
  }

  void skip_to(std::string_view mark, size_t past) {
    const size_t at = rest_.find(mark);
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + past);
  }

  void skip_string() {
    size_t end = 1;
    while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
  }

  void take_directive() {
    std::string_view line = take(line_length());
    const auto skip_to_word = [&] {
      while (!line.empty() && !starts_word(line.front())) line.remove_prefix(1);
    };
    skip_to_word();
    if (!line.starts_with("define")) return;
    line.remove_prefix(6);
    skip_to_word();
    const size_t length = word_length(line);
    macros_.push_back({line.substr(0, length), line.substr(length)});
  }

  /// Of the line with those that a backslash adds to it.
  size_t line_length() const {
    size_t end = 0;
    do {
      end = rest_.find('\n', end);
      if (end == std::string_view::npos) return rest_.size();
      ++end;
    } while (end >= 2 && rest_[end - 2] == '\\');
    return end;
  }

  std::string_view rest_;
  std::vector<Macro> macros_;
};

/// What has been read of one declaration.
struct Declaration {
  bool is_typedef = false;
  bool is_function = false;
  std::string name;
  std::string_view last_word;  ///< outside of brackets
  std::string_view word_before;
};

void take_word(Declaration& d, std::string_view word) {
  if (word == "typedef") d.is_typedef = true;
  d.word_before = d.last_word;
  d.last_word = word;
}

void open_bracket(Declaration& d, char bracket, SourceNames& names) {
  const std::string last(d.last_word);
  if (bracket == '{' && d.word_before == "struct") names.declarations.insert(last);
  if (bracket == '{' || !d.name.empty() || d.is_typedef || last.empty()) return;
  if (bracket == '(' && (last == "__attribute__" || names.macros.contains(last))) return;
  d.name = last;
  d.is_function = bracket == '(';
}

}  // namespace

SourceNames names_of(std::string_view text) {
  SourceNames names;
  Tokens tokens(text);
  Declaration d;
  int depth = 0;
  const auto finish = [&] {
    if (d.is_typedef) d.name = std::string(d.last_word);
    if (!d.name.empty()) names.declarations.insert(d.name);
    d = {};
  };
  size_t noted = 0;
  const auto note_macros = [&] {
    for (; noted < tokens.macros().size(); ++noted)
      names.macros.insert(std::string(tokens.macros()[noted].name));
  };
  for (std::string_view token = tokens.next(); !token.empty(); token = tokens.next()) {
    note_macros();
    const char c = token.front();
    const bool opens = c == '(' || c == '[' || c == '{';
    const bool closes = c == ')' || c == ']' || c == '}';
    if (opens && depth++ == 0) open_bracket(d, c, names);
    if (closes && --depth == 0 && c == '}' && d.is_function) finish();
    if (depth != 0 || opens || closes) continue;
    if (starts_word(c)) take_word(d, token);
    if (c == '=' && d.name.empty()) d.name = std::string(d.last_word);
    if (c == ';') finish();
  }
  note_macros();
  names.declarations.merge(pasted_names(text, tokens.macros()));
  return names;
}

}  // namespace clinfer::cl

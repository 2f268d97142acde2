#include "host/text/jinja/lexer.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "host/text/utf8.h"
#include "quant/error.h"

namespace clinfer::text::jinja {
namespace {

using Kind = Token::Kind;

constexpr std::array<std::string_view, 25> kSymbols{"**", "//", "==", "!=", ">=", "<=", "+", "-", "*",
                                                    "/",  "%",  "~",  ">",  "<",  "=",  ".", ":", "|",
                                                    ",",  "(",  ")",  "[",  "]",  "{",  "}"};

bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}
bool is_name_start(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_name_part(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string normalize_newlines(std::string_view source) {
  std::string out;
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      out += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      out += source[i];
    }
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

class Lexer {
 public:
  Lexer(std::string source, const std::string& name) : source_(std::move(source)), name_(name) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) {
      const size_t open = next_tag();
      if (open == std::string::npos) {
        data(source_.size(), false, '\0');
        break;
      }
      tag(open);
    }
    push(Kind::end, "");
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(Fault::model, name_ + ": line " + std::to_string(line_) + ": " + what);
  }

  char peek(size_t offset = 0) const { return at_ + offset < source_.size() ? source_[at_ + offset] : '\0'; }
  bool next_is(std::string_view text) const { return source_.compare(at_, text.size(), text) == 0; }
  void push(Kind kind, std::string text) { tokens_.push_back({kind, std::move(text), line_}); }

  void advance(size_t to) {
    line_ += static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(at_),
                                         source_.begin() + static_cast<std::ptrdiff_t>(to), '\n'));
    if (to > at_) line_start_ = source_[to - 1] == '\n';
    at_ = to;
  }

  size_t next_tag() const {
    for (size_t i = at_; i + 1 < source_.size(); ++i) {
      if (source_[i] == '{' && (source_[i + 1] == '{' || source_[i + 1] == '%' || source_[i + 1] == '#'))
        return i;
    }
    return std::string::npos;
  }

  // The text up to `end`. `sign` follows the tag's opening: "-" strips all white space before the tag, "+"
  // none; without one, blocks and comments (`strip_line`) lose the indentation they stand behind.
  void data(size_t end, bool strip_line, char sign) {
    size_t stop = end;
    if (sign == '-') {
      while (stop > at_ && is_space(source_[stop - 1])) --stop;
    } else if (strip_line && sign != '+') {
      size_t begin = end;
      while (begin > at_ && source_[begin - 1] != '\n' && is_space(source_[begin - 1])) --begin;
      const bool whole_line = begin > at_ ? source_[begin - 1] == '\n' : line_start_;
      if (whole_line) stop = begin;
    }
    if (stop > at_) push(Kind::data, source_.substr(at_, stop - at_));
    advance(end);
  }

  void tag(size_t open) {
    const char type = source_[open + 1];
    const char after = open + 2 < source_.size() ? source_[open + 2] : '\0';
    const char sign = after == '-' || after == '+' ? after : '\0';
    data(open, type != '{', sign);
    advance(open + 2 + (sign != '\0' ? 1 : 0));
    if (type == '#') return comment();
    if (type == '%' && raw_block()) return;
    push(type == '{' ? Kind::variable_begin : Kind::block_begin, "");
    expression(type == '{' ? "}}" : "%}", type == '%');
    push(type == '{' ? Kind::variable_end : Kind::block_end, "");
  }

  // Behind a closing tag: "-" swallows white space, a block's or comment's end one newline.
  void after_tag(char sign, bool trims_newline) {
    size_t to = at_;
    if (sign == '-') {
      while (to < source_.size() && is_space(source_[to])) ++to;
    } else if (trims_newline && sign != '+' && peek() == '\n') {
      ++to;
    }
    advance(to);
  }

  void comment() {
    const size_t close = source_.find("#}", at_);
    if (close == std::string::npos) fail("a comment that is not closed");
    const char sign =
        close > at_ && (source_[close - 1] == '-' || source_[close - 1] == '+') ? source_[close - 1] : '\0';
    advance(close + 2);
    after_tag(sign, true);
  }

  // Position behind "word" and its closing tag when they stand at `from`; npos otherwise.
  size_t word_tag(size_t from, std::string_view word, char& sign) const {
    while (from < source_.size() && is_space(source_[from])) ++from;
    if (source_.compare(from, word.size(), word) != 0) return std::string::npos;
    from += word.size();
    while (from < source_.size() && is_space(source_[from])) ++from;
    sign = from < source_.size() && (source_[from] == '-' || source_[from] == '+') ? source_[from] : '\0';
    if (sign != '\0') ++from;
    return source_.compare(from, 2, "%}") == 0 ? from + 2 : std::string::npos;
  }

  bool raw_block() {
    char sign = '\0';
    const size_t body = word_tag(at_, "raw", sign);
    if (body == std::string::npos) return false;
    advance(body);
    after_tag(sign, false);
    for (size_t open = source_.find("{%", at_); open != std::string::npos;
         open = source_.find("{%", open + 2)) {
      const char after = open + 2 < source_.size() ? source_[open + 2] : '\0';
      const char open_sign = after == '-' || after == '+' ? after : '\0';
      const size_t end = word_tag(open + 2 + (open_sign != '\0' ? 1 : 0), "endraw", sign);
      if (end == std::string::npos) continue;
      data(open, true, open_sign);
      advance(end);
      after_tag(sign, true);
      return true;
    }
    fail("a raw block that is not closed");
  }

  void expression(std::string_view close, bool trims_newline) {
    std::string open;  // brackets, so that "}}" can end a dict in a dict
    for (;;) {
      while (at_ < source_.size() && is_space(peek())) advance(at_ + 1);
      if (at_ >= source_.size()) fail("a tag that is not closed");
      if (open.empty()) {
        const bool signed_close =
            (peek() == '-' || (peek() == '+' && trims_newline)) && peek(1) == close[0] && peek(2) == close[1];
        if (signed_close || next_is(close)) {
          const char sign = signed_close ? peek() : '\0';
          advance(at_ + (signed_close ? 3 : 2));
          return after_tag(sign, trims_newline);
        }
      }
      token(open);
    }
  }

  void token(std::string& open) {
    const char c = peek();
    if (c == '\'' || c == '"') return string_literal();
    if (is_digit(c)) return number();
    if (is_name_start(c)) {
      const size_t begin = at_;
      while (is_name_part(peek())) ++at_;
      return push(Kind::name, source_.substr(begin, at_ - begin));
    }
    for (std::string_view symbol : kSymbols) {
      if (!next_is(symbol)) continue;
      balance(open, symbol[0]);
      push(Kind::symbol, std::string(symbol));
      at_ += symbol.size();
      return;
    }
    fail(std::string("unexpected character '") + c + "'");
  }

  void balance(std::string& open, char c) const {
    if (c == '(' || c == '[' || c == '{') open += c;
    if (c != ')' && c != ']' && c != '}') return;
    const char expected = c == ')' ? '(' : (c == ']' ? '[' : '{');
    if (open.empty() || open.back() != expected) fail(std::string("unexpected '") + c + "'");
    open.pop_back();
  }

  void number() {
    const size_t begin = at_;
    auto digits = [this] {
      while (is_digit(peek()) || (peek() == '_' && is_digit(peek(1)))) ++at_;
    };
    digits();
    Kind kind = Kind::integer;
    if (peek() == '.' && is_digit(peek(1))) {
      kind = Kind::real;
      ++at_;
      digits();
    }
    const size_t sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
    if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign))) {
      kind = Kind::real;
      at_ += sign;
      digits();
    }
    std::string text = source_.substr(begin, at_ - begin);
    std::erase(text, '_');
    push(kind, std::move(text));
  }

  void string_literal() {
    const char quote = peek();
    const int line = line_;
    std::string text;
    size_t i = at_ + 1;
    while (i < source_.size() && source_[i] != quote) {
      if (source_[i] == '\\' && i + 1 < source_.size()) {
        i = escape(i + 1, text);
      } else {
        text += source_[i++];
      }
    }
    if (i >= source_.size()) fail("a string that is not closed");
    advance(i + 1);
    tokens_.push_back({Kind::string, std::move(text), line});
  }

  // Python's string escapes; an unknown one stays as written. Returns the position behind it.
  size_t escape(size_t i, std::string& text) const {
    const char c = source_[i];
    constexpr std::string_view kFrom = "ntrabfv0\\'\"";
    constexpr std::string_view kTo("\n\t\r\a\b\f\v\0\\'\"", 11);
    const size_t known = kFrom.find(c);
    if (known != std::string_view::npos) {
      text += kTo[known];
      return i + 1;
    }
    if (c == '\n') return i + 1;
    const size_t digits = c == 'x' ? 2 : (c == 'u' ? 4 : (c == 'U' ? 8 : 0));
    const std::string hex = source_.substr(i + 1, digits);
    if (digits == 0) {
      text += '\\';
      text += c;
      return i + 1;
    }
    if (hex.size() != digits || hex.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      fail("a string escape without its hexadecimal digits");
    }
    const unsigned long codepoint = std::stoul(hex, nullptr, 16);
    if (codepoint > 0x10FFFF || (codepoint >= 0xD800 && codepoint < 0xE000))
      fail("a string escape beyond Unicode");
    append_utf8(text, static_cast<uint32_t>(codepoint));
    return i + 1 + digits;
  }

  std::string source_;
  const std::string& name_;
  size_t at_ = 0;
  int line_ = 1;
  bool line_start_ = true;  // the last character read was a newline
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source, const std::string& name) {
  return Lexer(normalize_newlines(replace_invalid_utf8(source)), name).run();
}

}  // namespace clinfer::text::jinja

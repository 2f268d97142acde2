#include "host/text/oniguruma_pattern.h"

#include <cctype>
#include <utility>
#include <vector>

#include "host/text/regex_classes.h"
#include "host/text/utf8.h"
#include "quant/error.h"

namespace clinfer::text {
namespace {

std::string bracket(std::string_view items, bool negated) {
  return (negated ? "[^" : "[") + std::string(items) + "]";
}

class Translator {
 public:
  Translator(std::string_view in, const std::string& where) : in_(in), where_(where) {}

  std::string run() {
    while (at_ < in_.size()) step();
    if (open_.size() != 1) fail("a group that is not closed");
    out_.append(static_cast<size_t>(open_.back().pending), ')');
    return guard_leading_spaces() + out_;
  }

 private:
  struct Group {
    size_t start;  // where its text begins in out_
    int pending;   // parentheses opened inside it for inline options such as (?i)
  };
  struct Class {  // a union: the items of one bracket, and whole sub-expressions
    std::string items;
    std::vector<std::string> nested;

    std::string text(bool negated) const {
      if (nested.empty()) return bracket(items, negated);
      std::string any;
      if (!items.empty()) any.append("|").append(bracket(items, false));
      for (const std::string& n : nested) any.append("|").append(n);
      any.erase(0, 1);
      return negated ? "(?:(?!" + any + ")(?s:.))" : "(?:" + any + ")";
    }
  };

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(Fault::model,
                where_ + ": regular expression: " + what + " (offset " + std::to_string(at_) + ")");
  }

  bool next_is(std::string_view text) const { return in_.substr(at_, text.size()) == text; }
  char peek() const { return at_ < in_.size() ? in_[at_] : '\0'; }

  std::string_view take_until(char end) {
    const size_t stop = in_.find(end, at_);
    if (stop == std::string_view::npos) fail(std::string("expected ") + end);
    const std::string_view taken = in_.substr(at_, stop - at_);
    at_ = stop + 1;
    return taken;
  }

  std::string take_character() {
    const size_t bytes = read_utf8(in_, at_).bytes;
    at_ += bytes;
    return std::string(in_.substr(at_ - bytes, bytes));
  }

  void atom(const std::string& text) {
    atom_ = out_.size();
    has_atom_ = true;
    quantified_ = false;
    out_ += text;
  }

  void step() {
    switch (in_[at_]) {
      case '\\':
        ++at_;
        return atom(escape());
      case '[':
        ++at_;
        return atom(character_class(0));
      case '(':
        return open_group();
      case ')':
        return close_group();
      case '*':
      case '+':
      case '?':
        return quantifier(std::string(1, in_[at_++]), true);
      case '{':
        return interval();
      case '|':
        has_atom_ = false;
        out_ += in_[at_++];
        return;
      default:
        return atom(take_character());
    }
  }

  // A quantifier after a quantifier applies to both together, where PCRE2 would read {n,m}+ as possessive.
  void quantifier(const std::string& text, bool suffixes) {
    if (!has_atom_) fail("nothing to repeat");
    if (quantified_) {
      out_.insert(atom_, "(?:");
      out_ += ')';
    }
    out_ += text;
    if (suffixes && (peek() == '?' || (peek() == '+' && text.size() == 1))) out_ += in_[at_++];
    quantified_ = true;
  }

  void interval() {
    const size_t close = in_.find('}', at_);
    const std::string_view body =
        close == std::string_view::npos ? std::string_view() : in_.substr(at_ + 1, close - at_ - 1);
    const size_t comma = body.find(',');
    const bool digits = body.find_first_not_of("0123456789,") == std::string_view::npos;
    if (body.empty() || body == "," || !digits || comma != body.rfind(',')) {
      ++at_;
      return atom("\\{");
    }
    at_ = close + 1;
    const std::string low = comma == 0 ? "0" : "";
    quantifier("{" + low + std::string(body) + "}", comma != std::string_view::npos);
  }

  void open_group() {
    if (next_is("(?#")) {
      take_until(')');
      return;
    }
    const size_t start = out_.size();
    if (next_is("(?") && at_ + 2 < in_.size() &&
        std::string_view("imsx-").find(in_[at_ + 2]) != std::string_view::npos) {
      at_ += 2;
      options(start);
      return;
    }
    for (std::string_view prefix : {"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!"}) {
      if (next_is(prefix)) return begin_group(start, prefix, prefix.size());
    }
    if (next_is("(?<")) {
      const std::string_view name = take_until('>');
      return begin_group(start, std::string(name) + ">", 0);
    }
    if (next_is("(?") || next_is("(*")) fail("a group of an unsupported kind");
    begin_group(start, "(", 1);
  }

  void begin_group(size_t start, std::string_view text, size_t consumed) {
    at_ += consumed;
    out_ += text;
    open_.push_back({start, 0});
    has_atom_ = false;
  }

  // Oniguruma's m is "dot matches newline", PCRE2's s; (?i) in the middle holds to the end of its group, over
  // "|" too.
  void options(size_t start) {
    std::string text = "(?";
    while (at_ < in_.size() && in_[at_] != ')' && in_[at_] != ':') {
      const char c = in_[at_++];
      if (c != 'i' && c != 'm' && c != '-') fail(std::string("unsupported option ") + c);
      text += c == 'm' ? 's' : c;
    }
    if (at_ == in_.size()) fail("a group that is not closed");
    const bool inline_option = in_[at_] == ')';
    if (inline_option) {
      ++at_;
      out_ += text + ":";
      ++open_.back().pending;
      has_atom_ = false;
    } else {
      begin_group(start, text + ":", 1);
    }
  }

  void close_group() {
    ++at_;
    if (open_.size() == 1) fail("a ) without a (");
    out_.append(static_cast<size_t>(open_.back().pending) + 1, ')');
    atom_ = open_.back().start;
    has_atom_ = true;
    quantified_ = false;
    open_.pop_back();
  }

  // After the backslash, outside a class.
  std::string escape() {
    if (at_ == in_.size()) fail("a \\ at the end");
    Class set;
    if (class_escape(set)) return set.text(false);
    const char c = peek();
    if (c == 'b' || c == 'B') {
      ++at_;
      return word_boundary(c == 'B');
    }
    if (std::string_view("AZzGR123456789").find(c) != std::string_view::npos) {
      ++at_;
      return std::string("\\") + c;
    }
    return character_escape();
  }

  static std::string word_boundary(bool negated) {
    const std::string w = bracket(kWord, false);
    return negated ? "(?:(?<=" + w + ")(?=" + w + ")|(?<!" + w + ")(?!" + w + "))"
                   : "(?:(?<=" + w + ")(?!" + w + ")|(?<!" + w + ")(?=" + w + "))";
  }

  // An escape that stands for a set of characters; false (and nothing read) for any other.
  bool class_escape(Class& set) {
    const char c = peek();
    std::string_view items;
    switch (std::tolower(static_cast<unsigned char>(c))) {
      case 's':
        items = kSpace;
        break;
      case 'w':
        items = kWord;
        break;
      case 'd':
        items = kDigit;
        break;
      case 'h':
        items = kHex;
        break;
      case 'p':
        ++at_;
        property(set, c == 'P');
        return true;
      default:
        return false;
    }
    ++at_;
    add(set, items, std::isupper(static_cast<unsigned char>(c)) != 0);
    return true;
  }

  static void add(Class& set, std::string_view items, bool negated) {
    if (negated) {
      set.nested.push_back(bracket(items, true));
    } else {
      set.items += items;
    }
  }

  void property(Class& set, bool negated) {
    if (peek() != '{') fail("expected \\p{name}");
    ++at_;
    std::string_view name = take_until('}');
    if (!name.empty() && name[0] == '^') {
      negated = !negated;
      name.remove_prefix(1);
    }
    if (const std::string_view items = named_class(name); !items.empty()) return add(set, items, negated);
    const std::string item = unicode_property(name);
    if (item.empty()) fail("unknown property " + std::string(name));
    set.items += negated ? "\\P" + item.substr(2) : item;
  }

  std::string code_point(std::string_view digits) const {
    if (digits.empty() || digits.size() > 8 ||
        digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
      fail("expected hexadecimal digits");
    }
    return "\\x{" + std::string(digits) + "}";
  }

  // An escape that stands for one character, in or out of a class.
  std::string character_escape() {
    const char c = peek();
    if (c == 'x' || c == 'u') {
      ++at_;
      if (c == 'x' && peek() == '{') {
        ++at_;
        return code_point(take_until('}'));
      }
      const std::string_view digits = in_.substr(at_, c == 'x' ? 2 : 4);
      at_ += digits.size();
      if (c == 'x' && digits >= "80") fail("\\xHH beyond 7f is a raw byte");
      return code_point(digits);
    }
    if (c == 'v') {
      ++at_;
      return "\\x{0b}";
    }
    if (std::isalnum(static_cast<unsigned char>(c)) &&
        std::string_view("tnrfae").find(c) == std::string_view::npos) {
      fail(std::string("unsupported escape \\") + c);
    }
    const std::string character = take_character();
    return character.size() == 1 ? "\\" + character : character;
  }

  // After "[". Operands of && each become a lookahead, the last one consumes.
  std::string character_class(int depth) {
    if (depth > 16) fail("character classes nested too deeply");
    const bool negated = peek() == '^';
    if (negated) ++at_;
    std::vector<Class> operands(1);
    bool first = true;
    for (;; first = false) {
      if (at_ >= in_.size()) fail("a [ that is not closed");
      if (in_[at_] == ']' && !first) break;
      if (next_is("&&")) {
        at_ += 2;
        operands.emplace_back();
      } else {
        class_item(operands.back(), depth);
      }
    }
    ++at_;
    if (operands.size() == 1) return operands[0].text(negated);
    std::string all;
    for (const Class& operand : operands) {
      if (operand.items.empty() && operand.nested.empty()) fail("an empty operand of &&");
      all += "(?=" + operand.text(false) + ")";
    }
    return negated ? "(?:(?!" + all + ")(?s:.))" : "(?:" + all + "(?s:.))";
  }

  void class_item(Class& set, int depth) {
    if (next_is("[:")) {
      at_ += 2;
      posix_bracket(set);
    } else if (in_[at_] == '[') {
      ++at_;
      set.nested.push_back(character_class(depth + 1));
      return;
    } else if (in_[at_] == '\\') {
      ++at_;
      if (at_ == in_.size()) fail("a \\ at the end");
      if (peek() == 'b') {
        ++at_;
        set.items += "\\x{08}";
        return;
      }
      if (!class_escape(set)) {
        set.items += character_escape();
        return;
      }
    } else {
      const std::string character = take_character();
      set.items += (character == "^" || character == "]") ? "\\" + character : character;
      return;
    }
    if (peek() == '-') {  // after a set, "-" is itself
      ++at_;
      set.items += "\\-";
    }
  }

  void posix_bracket(Class& set) {
    std::string_view name = take_until(':');
    if (peek() != ']') fail("expected :]");
    ++at_;
    const bool negated = !name.empty() && name[0] == '^';
    if (negated) name.remove_prefix(1);
    const std::string_view items = named_class(name);
    if (items.empty()) fail("unsupported class [:" + std::string(name) + ":]");
    add(set, items, negated);
  }

  // "\s+rest" that fails at the start of a run of spaces fails at each later start too: trying them all would
  // be quadratic in the run. \G keeps the place where the last match ended.
  std::string guard_leading_spaces() const {
    const bool plain = in_.substr(0, 3) == "\\s+" && in_.find_first_of("|(\\", 1) == std::string_view::npos;
    const bool greedy = in_.size() == 3 || std::string_view("+?*{").find(in_[3]) == std::string_view::npos;
    return plain && greedy ? "(?:(?<!" + bracket(kSpace, false) + ")|\\G)" : "";
  }

  std::string_view in_;
  const std::string& where_;
  size_t at_ = 0;
  std::string out_;
  std::vector<Group> open_{{0, 0}};
  size_t atom_ = 0;  // where the last atom starts in out_
  bool has_atom_ = false;
  bool quantified_ = false;
};

}  // namespace

std::string oniguruma_to_pcre2(std::string_view pattern, const std::string& where) {
  return Translator(pattern, where).run();
}

}  // namespace clinfer::text

#include "host/text/jinja/value_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "host/text/utf8.h"

namespace clinfer::text::jinja {
namespace {

constexpr int kMaxDepth = 100;

// The shortest digits that read back equal, written as Python does: exponents below 1e-4 and from 1e16 on.
std::string double_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, 64> buffer;
  const double size = std::fabs(value);
  const auto format =
      size != 0 && (size < 1e-4 || size >= 1e16) ? std::chars_format::scientific : std::chars_format::fixed;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format).ptr;
  std::string text(buffer.data(), end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

void put_hex(std::string& out, uint32_t codepoint) {
  constexpr char kDigits[] = "0123456789abcdef";
  const int digits = codepoint < 0x100 ? 2 : (codepoint < 0x10000 ? 4 : 8);
  out += digits == 2 ? "\\x" : (digits == 4 ? "\\u" : "\\U");
  for (int i = digits - 1; i >= 0; --i) out += kDigits[codepoint >> (4 * i) & 15];
}

bool is_printable(uint32_t codepoint) {
  if (codepoint < 0x7F) return codepoint >= 0x20;
  const auto kind = utf8proc_category(static_cast<utf8proc_int32_t>(codepoint));
  return kind != UTF8PROC_CATEGORY_CN && kind < UTF8PROC_CATEGORY_ZS;
}

std::string quoted(const std::string& text) {
  const bool has_single = text.find('\'') != std::string::npos;
  const char quote = has_single && text.find('"') == std::string::npos ? '"' : '\'';
  std::string out(1, quote);
  for (size_t at = 0; at < text.size();) {
    const Utf8Step step = read_utf8(text, at);
    const uint32_t c = step.codepoint;
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\\' || c == static_cast<unsigned char>(quote)) {
      out += '\\';
      out += static_cast<char>(c);
    } else if (is_printable(c)) {
      out.append(text, at, step.bytes);
    } else {
      put_hex(out, c);
    }
    at += step.bytes;
  }
  return out + quote;
}

void check_size(const std::string& out, int depth) {
  if (depth > kMaxDepth) throw RenderError("values nested too deeply");
  if (out.size() > kMaxText) throw RenderError("a text grows beyond 64 MiB");
}

void append_repr(std::string& out, const Value& value, int depth);

void append_items(std::string& out, const Value& value, int depth) {
  const List& list = value.list();
  out += list.tuple ? '(' : '[';
  for (size_t i = 0; i < list.items.size(); ++i) {
    if (i > 0) out += ", ";
    append_repr(out, list.items[i], depth + 1);
  }
  if (list.tuple && list.items.size() == 1) out += ',';
  out += list.tuple ? ')' : ']';
}

void append_repr(std::string& out, const Value& value, int depth) {
  check_size(out, depth);
  if (value.is_string()) {
    out += quoted(value.string());
  } else if (value.is_list()) {
    append_items(out, value, depth);
  } else if (value.is_dict()) {
    out += '{';
    bool first = true;
    for (const auto& [key, item] : value.dict().items) {
      if (!first) out += ", ";
      first = false;
      append_repr(out, key, depth + 1);
      out += ": ";
      append_repr(out, item, depth + 1);
    }
    out += '}';
  } else if (value.is_undefined()) {
    out += "Undefined";
  } else {
    out += to_text(value);
  }
}

void append_json_string(std::string& out, const std::string& text) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += kDigits[c >> 4 & 15];
          out += kDigits[c & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

class JsonWriter {
 public:
  JsonWriter(std::string& out, const JsonStyle& style) : out_(out), style_(style) {}

  void write(const Value& value, int depth) {
    check_size(out_, depth);
    if (value.is_string()) {
      append_json_string(out_, value.string());
    } else if (value.is_none()) {
      out_ += "null";
    } else if (value.is_bool()) {
      out_ += value.truth() ? "true" : "false";
    } else if (value.is_double() && !std::isfinite(value.number())) {
      out_ += std::isnan(value.number()) ? "NaN" : (value.number() < 0 ? "-Infinity" : "Infinity");
    } else if (value.is_number()) {
      out_ += to_text(value);
    } else if (value.is_list()) {
      write_list(value.list(), depth);
    } else if (value.is_dict() && !value.dict().name_space) {
      write_dict(value.dict(), depth);
    } else {
      throw RenderError(std::string("a value of type ") + value.type_name() + " cannot be written as JSON");
    }
  }

 private:
  void line(int depth) {
    if (style_.indent < 0) return;
    out_ += '\n';
    out_.append(static_cast<size_t>(style_.indent) * static_cast<size_t>(depth), ' ');
  }

  void write_list(const List& list, int depth) {
    out_ += '[';
    for (size_t i = 0; i < list.items.size(); ++i) {
      if (i > 0) out_ += style_.item_separator;
      line(depth + 1);
      write(list.items[i], depth + 1);
    }
    if (!list.items.empty()) line(depth);
    out_ += ']';
  }

  void write_dict(const Dict& dict, int depth) {
    auto items = dict.items;
    if (style_.sort_keys) {
      std::sort(items.begin(), items.end(),
                [](const auto& a, const auto& b) { return compare(a.first, b.first) < 0; });
    }
    out_ += '{';
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += style_.item_separator;
      line(depth + 1);
      const Value& key = items[i].first;
      if (key.is_string()) {
        append_json_string(out_, key.string());
      } else {  // numbers, booleans and null become strings
        out_ += '"';
        write(key, depth + 1);
        out_ += '"';
      }
      out_ += style_.key_separator;
      write(items[i].second, depth + 1);
    }
    if (!items.empty()) line(depth);
    out_ += '}';
  }

  std::string& out_;
  const JsonStyle& style_;
};

}  // namespace

std::string to_text(const Value& value) {
  if (value.is_undefined()) return "";
  if (value.is_none()) return "None";
  if (value.is_bool()) return value.truth() ? "True" : "False";
  if (value.is_int()) return std::to_string(value.integer());
  if (value.is_double()) return double_text(value.number());
  if (value.is_string()) return value.string();
  if (value.is_callable()) return "<function " + value.callable().name + ">";
  return to_repr(value);
}

std::string to_repr(const Value& value) {
  std::string out;
  append_repr(out, value, 0);
  return out;
}

std::string to_json(const Value& value, const JsonStyle& style) {
  std::string out;
  JsonWriter(out, style).write(value, 0);
  return out;
}

}  // namespace clinfer::text::jinja

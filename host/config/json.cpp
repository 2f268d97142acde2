#include "host/config/json.h"

#include <algorithm>

namespace clinfer::config {
namespace {

std::string escaped(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\t':
      return "\\t";
    case '\r':
      return "\\r";
    default:
      break;
  }
  const auto code = static_cast<unsigned char>(c);
  if (code >= 0x20 && code != 0x7F) return {c};
  constexpr std::string_view kDigits = "0123456789abcdef";
  return std::string("\\u00") + kDigits[code >> 4] + kDigits[code & 15];
}

std::string scalar(const Value& value) {
  if (value.kind == Value::Kind::null) return "null";
  return value.kind == Value::Kind::literal ? value.text : json_string(value.text);
}

/// A line end and the indentation after it; nothing when all stands on one line.
std::string line_start(int indent) {
  std::string start;
  if (indent >= 0) start.append(1, '\n').append(static_cast<size_t>(indent) * 2, ' ');
  return start;
}

std::string enclosed(char open, const std::string& parts, char close, int indent) {
  std::string out(1, open);
  if (!parts.empty()) out += parts + line_start(indent);
  return out + close;
}

/// indent < 0: one line.
std::string write(const Value& value, int indent) {
  const int inner = indent < 0 ? -1 : indent + 1;
  const std::string lead = line_start(inner);
  const std::string gap = indent < 0 ? ", " : ",";
  std::string parts;
  const auto part = [&](const std::string& text) { parts += (parts.empty() ? "" : gap) + lead + text; };
  if (value.kind == Value::Kind::list) {
    for (const Value& item : value.items) part(write(item, inner));
    return enclosed('[', parts, ']', indent);
  }
  if (value.kind == Value::Kind::map) {
    for (const Entry& entry : value.entries) part(json_string(entry.key) + ": " + write(entry.value, inner));
    return enclosed('{', parts, '}', indent);
  }
  return scalar(value);
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) out += escaped(c);
  return out + "\"";
}

std::string one_line(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::none_of(text.begin(), text.end(), is_control)) return std::string(text);
  const std::string quoted = json_string(text);
  return quoted.substr(1, quoted.size() - 2);
}

std::string json_line(const Value& value) {
  return write(value, -1);
}

std::string json_lines(const Value& value, int indent) {
  return write(value, indent);
}

}  // namespace clinfer::config

#include "host/config/print.h"

#include <algorithm>
#include <vector>

#include "host/config/json.h"
#include "host/config/schema.h"

namespace clinfer::config {
namespace {

struct Line {
  std::string text;
  std::string origin;  ///< "" for the head of a section
};

constexpr std::string_view kWordCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

/// Whether YAML readers of any version take the text as a string without quotes.
bool is_plain_word(const std::string& text) {
  constexpr std::string_view kReserved[] = {"true", "false", "null", "on", "off", "yes", "no", "y", "n"};
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  if (text.find_first_not_of(kWordCharacters) != std::string::npos) return false;
  const auto begin = std::begin(kReserved);
  return std::find(begin, std::end(kReserved), text) == std::end(kReserved);
}

std::string scalar(const std::string& text) {
  return is_plain_word(text) ? text : json_string(text);
}

void add_lines(const Value& value, const std::string& key, size_t depth, const LoadedConfig& loaded,
               std::vector<Line>& lines) {
  for (const Entry& entry : value.entries) {
    const std::string full = key.empty() ? entry.key : key + "." + entry.key;
    const std::string lead = std::string(depth * 2, ' ') + scalar(entry.key) + ":";
    if (!entry.value.entries.empty()) {
      lines.push_back({lead, ""});
      add_lines(entry.value, full, depth + 1, loaded, lines);
    } else {
      const bool is_string = entry.value.kind == Value::Kind::string;
      const std::string text = is_string ? scalar(entry.value.text) : json_line(entry.value);
      lines.push_back({lead + " " + text, loaded.origin(full)});
    }
  }
}

void add_origins(const Value& value, const std::string& key, const LoadedConfig& loaded, Value& out) {
  for (const Entry& entry : value.entries) {
    const std::string full = key.empty() ? entry.key : key + "." + entry.key;
    if (entry.value.entries.empty()) {
      out.add(full, Value::string(loaded.origin(full)));
    } else {
      add_origins(entry.value, full, loaded, out);
    }
  }
}

}  // namespace

std::string print_config(const LoadedConfig& loaded) {
  constexpr size_t kWidest = 56;  // longer lines have their comment right behind them
  std::vector<Line> lines;
  add_lines(run_schema().write(loaded.config), "", 0, loaded, lines);
  size_t width = 0;
  for (const Line& line : lines) {
    if (line.text.size() <= kWidest) width = std::max(width, line.text.size());
  }
  std::string out;
  for (const Line& line : lines) {
    out += line.text;
    if (!line.origin.empty()) {
      out.append(line.text.size() < width ? width - line.text.size() : 0, ' ');
      out += "  # " + one_line(line.origin);
    }
    out += "\n";
  }
  return out;
}

std::string print_config_json(const LoadedConfig& loaded) {
  const Value config = run_schema().write(loaded.config);
  Value origins = Value::map();
  add_origins(config, "", loaded, origins);
  Value both = Value::map();
  both.add("config", config);
  both.add("origins", std::move(origins));
  return json_lines(both) + "\n";
}

}  // namespace clinfer::config

#include "host/config/value.h"

#include <algorithm>
#include <utility>

#include "host/config/json.h"

namespace clinfer::config {

std::string Place::with_line() const {
  return line == 0 ? file : file + ":" + std::to_string(line);
}

std::string Place::with_column() const {
  return line == 0 ? file : with_line() + ":" + std::to_string(column);
}

Value Value::literal(std::string text) {
  Value value;
  value.kind = Kind::literal;
  value.text = std::move(text);
  return value;
}

Value Value::string(std::string text) {
  Value value;
  value.kind = Kind::string;
  value.text = std::move(text);
  return value;
}

Value Value::list(std::vector<Value> items) {
  Value value;
  value.kind = Kind::list;
  value.items = std::move(items);
  return value;
}

Value Value::map(std::vector<Entry> entries) {
  Value value;
  value.kind = Kind::map;
  value.entries = std::move(entries);
  return value;
}

Value* Value::find(std::string_view key) {
  for (Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

const Value* Value::find(std::string_view key) const {
  return const_cast<Value*>(this)->find(key);
}

void Value::add(std::string key, Value value) {
  entries.push_back({std::move(key), std::move(value), {}});
}

void merge(Value& base, const Value& over) {
  if (base.kind != Value::Kind::map || over.kind != Value::Kind::map) {
    base = over;
    return;
  }
  for (const Entry& entry : over.entries) {
    const auto same = [&](const Entry& other) { return other.key == entry.key; };
    const auto below = std::find_if(base.entries.begin(), base.entries.end(), same);
    if (below == base.entries.end()) {
      base.entries.push_back(entry);
    } else {
      below->place = entry.place;
      merge(below->value, entry.value);
    }
  }
}

std::string shown(std::string_view text) {
  constexpr size_t kLongest = 48;
  if (text.size() <= kLongest) return json_string(text);
  size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // keep characters whole
  return json_string(text.substr(0, end)) + "...";
}

std::string shown(const Value& value) {
  switch (value.kind) {
    case Value::Kind::null:
      return "nothing";
    case Value::Kind::list:
      return "a list";
    case Value::Kind::map:
      return "a map";
    case Value::Kind::string:
      return shown(value.text);
    case Value::Kind::literal:
      break;
  }
  const std::string quoted = shown(value.text);
  const bool is_plain = quoted.size() == value.text.size() + 2;  // nothing cut or escaped
  return is_plain && !value.text.empty() ? value.text : quoted;
}

}  // namespace clinfer::config

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clinfer::config {

/// Where a value was written: a position in a file (from 1), or, with line 0, an override given as `file`.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;

  std::string with_column() const;  ///< "run.yaml:3:7", or the override
  std::string with_line() const;    ///< "run.yaml:3", or the override
};

struct Entry;

/// A document as read or to be printed, before or after it has types. Keys of a map are unique.
struct Value {
  enum class Kind {
    null,
    literal,  ///< an unquoted scalar: a number, a bool, or a word
    string,   ///< a quoted scalar
    list,
    map,
  };

  Kind kind = Kind::null;
  std::string text;            ///< of a scalar
  std::vector<Value> items;    ///< of a list
  std::vector<Entry> entries;  ///< of a map, in the order written
  Place place;

  static Value literal(std::string text);
  static Value string(std::string text);
  static Value list(std::vector<Value> items = {});
  static Value map(std::vector<Entry> entries = {});

  bool is_scalar() const { return kind == Kind::literal || kind == Kind::string; }
  const Value* find(std::string_view key) const;  ///< nullptr when this is no map or has no such key
  Value* find(std::string_view key);
  void add(std::string key, Value value);  ///< appends; the key must be new
};

struct Entry {
  std::string key;
  Value value;
  Place place;  ///< of the key
};

/// Lays `over` on `base`: maps key by key, anything else replaces what was there.
void merge(Value& base, const Value& over);

/// A value for an error message on one short line: strings in quotes, or "a list", "a map", "nothing".
std::string shown(const Value& value);
std::string shown(std::string_view text);

}  // namespace clinfer::config

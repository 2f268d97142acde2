#include "host/config/load.h"

#include <algorithm>
#include <filesystem>

#include "host/config/consistency.h"
#include "host/config/json.h"
#include "host/config/key_check.h"
#include "host/config/parse.h"
#include "host/config/schema.h"
#include "host/config/text_file.h"
#include "quant/error.h"

namespace clinfer::config {
namespace {

constexpr size_t kMaxExtends = 8;

[[noreturn]] void fail(const std::string& where, const std::string& reason) {
  throw Error(Fault::usage, where + ": " + reason);
}

/// Checks a document by itself, so that what a later one overrides is not left unchecked.
RunConfig read(const Value& document) {
  RunConfig config;
  if (document.kind == Value::Kind::null) return config;
  check_keys(document, run_schema());
  run_schema().read(document, "", config);
  return config;
}

std::string identity(const std::string& path) {
  std::error_code error;
  const auto whole = std::filesystem::weakly_canonical(path, error);
  return error ? path : whole.string();
}

Value read_chain(const Value& document, const std::string& name, std::vector<std::string> chain);

/// The document that `document` extends, itself merged with what it extends.
Value read_base(const Value& document, const std::string& base, const std::vector<std::string>& chain) {
  const std::string where = document.find("extends")->place.with_column() + ": key extends";
  const auto same = [&](const std::string& other) { return identity(other) == identity(base); };
  if (std::any_of(chain.begin(), chain.end(), same)) {
    std::string circle;
    for (const std::string& file : chain) circle += file + " -> ";
    fail(where, "a circle: " + circle + base);
  }
  if (chain.size() > kMaxExtends) fail(where, "more than " + std::to_string(kMaxExtends) + " files deep");
  std::string text;
  try {
    text = read_text_file(base);
  } catch (const Error& error) {
    fail(where, error.what());
  }
  return read_chain(parse(text, base), base, chain);
}

Value read_chain(const Value& document, const std::string& name, std::vector<std::string> chain) {
  const RunConfig config = read(document);
  if (config.extends.empty()) return document;
  chain.push_back(name);
  Value merged = read_base(document, config.extends, chain);
  Value own = document;
  std::erase_if(own.entries, [](const Entry& entry) { return entry.key == "extends"; });
  merge(merged, own);
  return merged;
}

Value override_value(const std::string& text, const Place& place) {
  const bool is_yaml = !text.empty() && std::string_view("[{\"'").find(text[0]) != std::string_view::npos;
  Value value = is_yaml ? parse(text, place.file, true) : Value::literal(text);
  if (!is_yaml && (text.empty() || text == "null" || text == "~")) value = Value();
  value.place = place;
  return value;
}

/// "a.b=1" as the document {a: {b: 1}}.
Value override_document(const std::string& override) {
  const Place place{"--set " + one_line(override.substr(0, 120)), 0, 0};
  const size_t equals = override.find('=');
  if (equals == std::string::npos || equals == 0) fail(place.file, "expected KEY=VALUE");
  std::string key = override.substr(0, equals);
  if (key == "extends") fail(place.file, "key extends: expected in a file only");
  Value value = override_value(override.substr(equals + 1), place);
  while (true) {
    const size_t dot = key.rfind('.');
    const std::string last = key.substr(dot + 1);  // npos + 1 == 0
    Value map = Value::map({{last, std::move(value), place}});
    map.place = place;
    value = std::move(map);
    if (dot == std::string::npos) return value;
    key.resize(dot);
  }
}

void find_origins(const Value& document, const std::string& key, std::map<std::string, std::string>& out) {
  for (const Entry& entry : document.entries) {
    const std::string full = child_key(key, entry.key);
    const bool is_leaf = entry.value.kind != Value::Kind::map && entry.value.kind != Value::Kind::null;
    if (is_leaf) out[full] = entry.place.with_line();
    find_origins(entry.value, full, out);
  }
}

LoadedConfig finish(Value document, const std::string& name, const std::vector<std::string>& overrides) {
  for (const std::string& override : overrides) {
    const Value over = override_document(override);
    read(over);
    merge(document, over);
  }
  LoadedConfig loaded{read(document), {}};
  find_origins(document, "", loaded.origins);
  loaded.config.extends.clear();
  check_consistency(loaded, document, name);
  return loaded;
}

}  // namespace

std::string LoadedConfig::origin(const std::string& key) const {
  const auto found = origins.find(key);
  return found == origins.end() ? "default" : found->second;
}

LoadedConfig load(const std::string& path, const std::vector<std::string>& overrides) {
  if (path.empty()) return finish(Value(), "configuration", overrides);
  return load_text(read_text_file(path), path, overrides);
}

LoadedConfig load_text(const std::string& text, const std::string& name,
                       const std::vector<std::string>& overrides) {
  return finish(read_chain(parse(text, name), name, {}), name, overrides);
}

}  // namespace clinfer::config

#include "host/text/json_file.h"

#include <fstream>

#include "quant/error.h"

namespace clinfer::text {
namespace {

constexpr int64_t kTokenIdLimit = int64_t{1} << 24;

// The parser recurses in places, so depth is bounded before it sees the text.
void check_depth(const std::string& text, const std::string& name) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxJsonDepth) {
        throw Error(Fault::model, name + ": JSON nested deeper than " + std::to_string(kMaxJsonDepth));
      }
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
}

template <typename J>
J parse_checked(const std::string& text, const std::string& name) {
  check_depth(text, name);
  try {
    return J::parse(text);
  } catch (const nlohmann::json::exception& e) {
    throw Error(Fault::model, name + ": not valid JSON: " + e.what());
  }
}

}  // namespace

std::string read_text_file(const std::string& path, uint64_t max_bytes) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : -1;
  if (size < 0) throw Error(Fault::model, path + ": cannot be read");
  if (static_cast<uint64_t>(size) > max_bytes) {
    throw Error(Fault::model,
                path + ": " + std::to_string(size) + " bytes, expected at most " + std::to_string(max_bytes));
  }
  std::string text(static_cast<size_t>(size), '\0');
  file.seekg(0);
  if (size > 0 && !file.read(text.data(), size)) throw Error(Fault::model, path + ": cannot be read");
  return text;
}

Json parse_json(const std::string& text, const std::string& name) {
  return parse_checked<Json>(text, name);
}

OrderedJson parse_ordered_json(const std::string& text, const std::string& name) {
  return parse_checked<OrderedJson>(text, name);
}

void JsonAt::fail(const std::string& expected) const {
  throw Error(Fault::model, place() + ": " + expected);
}

bool JsonAt::has(const char* key) const {
  if (!value_->is_object()) fail("expected an object");
  const auto found = value_->find(key);
  return found != value_->end() && !found->is_null();
}

JsonAt JsonAt::operator[](const char* key) const {
  if (!has(key)) fail(std::string("expected the key \"") + key + "\"");
  return {*value_->find(key), file_, key_.empty() ? key : key_ + "." + key};
}

size_t JsonAt::size() const {
  if (!value_->is_array()) fail("expected a list");
  return value_->size();
}

JsonAt JsonAt::operator[](size_t index) const {
  if (index >= size()) fail("expected more than " + std::to_string(index) + " entries");
  return {(*value_)[index], file_, key_ + "[" + std::to_string(index) + "]"};
}

std::string JsonAt::string() const {
  if (!value_->is_string()) fail("expected a string");
  return value_->get<std::string>();
}

bool JsonAt::boolean(const char* key, bool fallback) const {
  if (!has(key)) return fallback;
  const JsonAt at = (*this)[key];
  if (!at.value().is_boolean()) at.fail("expected true or false");
  return at.value().get<bool>();
}

std::string JsonAt::string(const char* key, const std::string& fallback) const {
  return has(key) ? (*this)[key].string() : fallback;
}

int32_t JsonAt::token_id() const {
  if (!value_->is_number_integer() || *value_ < 0 || *value_ >= kTokenIdLimit) {
    fail("expected a token id in [0, 2^24), got " + value_->dump().substr(0, 40));
  }
  return value_->get<int32_t>();
}

}  // namespace clinfer::text

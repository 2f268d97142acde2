#include "host/io/json_value.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "host/io/mapped_file.h"
#include "host/io/quote.h"
#include "quant/error.h"

namespace clinfer::io {
namespace {

using Json = nlohmann::json;
using graph::MetaValue;

/// Builds the value from the parser's events, with a stack of open containers instead of recursion.
class ValueBuilder : public nlohmann::json_sax<Json> {
 public:
  ValueBuilder(std::string_view path, const JsonLimits& limits) : path_(path), limits_(limits) {}
  MetaValue take() { return std::move(root_); }

  bool null() override { return add(MetaValue()); }
  bool boolean(bool value) override { return add(MetaValue(value)); }
  bool number_integer(number_integer_t value) override { return add(MetaValue(int64_t{value})); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return add(MetaValue(static_cast<double>(value)));
    }
    return add(MetaValue(static_cast<int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t&) override { return add(MetaValue(value)); }
  bool string(string_t& value) override { return add(MetaValue(std::move(value))); }
  bool binary(binary_t&) override { fail("binary data"); }

  bool start_object(std::size_t) override { return open(MetaValue(MetaValue::Object())); }
  bool start_array(std::size_t) override { return open(MetaValue(MetaValue::Array())); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& key) override {
    auto& object = std::get<MetaValue::Object>(stack_.back()->data);
    if (object.contains(key)) fail("key " + quote(key) + " stands twice");
    key_ = std::move(key);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    fail("not valid JSON in UTF-8 (at byte " + std::to_string(position) + ")");
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw Error(Fault::model, path_ + ": " + what); }

  MetaValue* place(MetaValue value) {
    if (++count_ > limits_.values) fail("more than " + std::to_string(limits_.values) + " JSON values");
    if (stack_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (auto* array = std::get_if<MetaValue::Array>(&stack_.back()->data)) {
      return &array->emplace_back(std::move(value));
    }
    return &(std::get<MetaValue::Object>(stack_.back()->data)[std::move(key_)] = std::move(value));
  }

  bool add(MetaValue value) {
    place(std::move(value));
    return true;
  }

  // A container stays in place while it is open: its parent gains no element before it is closed.
  bool open(MetaValue value) {
    if (stack_.size() == limits_.depth) fail("JSON nested deeper than " + std::to_string(limits_.depth));
    stack_.push_back(place(std::move(value)));
    return true;
  }

  bool close() {
    stack_.pop_back();
    return true;
  }

  std::string path_;
  JsonLimits limits_;
  MetaValue root_;
  std::vector<MetaValue*> stack_;
  std::string key_;
  size_t count_ = 0;
};

}  // namespace

graph::MetaValue::Object parse_json_object(std::string_view text, std::string_view path,
                                           const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    throw Error(Fault::model,
                std::string(path) + ": expected at most " + std::to_string(limits.bytes) + " bytes of JSON");
  }
  ValueBuilder builder(path, limits);
  Json::sax_parse(text.begin(), text.end(), &builder);
  MetaValue root = builder.take();
  auto* object = std::get_if<MetaValue::Object>(&root.data);
  if (object == nullptr) throw Error(Fault::model, std::string(path) + ": expected a JSON object");
  return std::move(*object);
}

graph::MetaValue::Object read_json_object(const std::string& path, const JsonLimits& limits) {
  const MappedFile file(path);
  const auto bytes = file.bytes();
  return parse_json_object({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path, limits);
}

}  // namespace clinfer::io

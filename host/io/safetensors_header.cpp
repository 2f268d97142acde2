#include "host/io/safetensors_header.h"

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "host/io/quote.h"
#include "quant/error.h"

namespace clinfer::io {
namespace {

using Json = nlohmann::json;
constexpr size_t kMaxDims = 8;
constexpr std::string_view kMetadataKey = "__metadata__";

/// Receives the JSON event by event. A header nests no deeper than object > entry > list, so each event
/// either has its place there or is an error; no document is built and nothing recurses.
class HeaderReader : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderReader(std::string_view file) : file_(file) {}
  SafetensorsHeader take() { return std::move(header_); }

  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("a boolean"); }
  bool number_integer(number_integer_t) override { unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { unexpected("a number that is no integer"); }
  bool binary(binary_t&) override { unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::shape) {
      if (entry().shape.size() == kMaxDims) fail("expected at most 8 dimensions");
      entry().shape.push_back(value);
    } else if (place_ == Place::offsets) {
      if (entry().data_offsets.size() == 2) fail("expected two data_offsets");
      entry().data_offsets.push_back(value);
    } else {
      unexpected("a number");
    }
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::metadata) {
      if (!header_.metadata.try_emplace(key_, std::move(value)).second) fail_twice();
    } else if (place_ == Place::entry && key_ == "dtype") {
      entry().dtype = value;
    } else {
      unexpected("a string");
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::outside) {
      place_ = Place::top;
    } else if (place_ == Place::top) {
      place_ = name_ == kMetadataKey ? Place::metadata : Place::entry;
      if (place_ == Place::entry) header_.entries.push_back({name_, {}, {}, {}});
      seen_ = 0;
    } else {
      unexpected("an object");
    }
    return true;
  }

  bool key(string_t& key) override {
    if (place_ == Place::top) {
      if (!names_.insert(key).second) fail_at(key, "the name stands twice in the header");
      if (key != kMetadataKey) check_tensor_name(file_, key);
      name_ = key;
      key_.clear();
      return true;
    }
    key_ = key;
    if (place_ == Place::entry) see_entry_key();
    return true;
  }

  bool end_object() override {
    if (place_ == Place::entry && seen_ != 7) fail("expected dtype, shape and data_offsets");
    place_ = place_ == Place::top ? Place::outside : Place::top;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::entry || key_ == "dtype") unexpected("a list");
    place_ = key_ == "shape" ? Place::shape : Place::offsets;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::offsets && entry().data_offsets.size() != 2) fail("expected two data_offsets");
    place_ = Place::entry;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    throw Error(Fault::model, file_ + ": the header is not valid JSON in UTF-8 (at byte " +
                                  std::to_string(8 + position) + " of the file)");
  }

 private:
  enum class Place { outside, top, metadata, entry, shape, offsets };

  void see_entry_key() {
    const unsigned bit = key_ == "dtype" ? 1 : key_ == "shape" ? 2 : key_ == "data_offsets" ? 4 : 0;
    if (bit == 0) fail("unknown key " + quote(key_));
    if ((seen_ & bit) != 0) fail_twice();
    seen_ |= bit;
  }

  SafetensorsEntry& entry() { return header_.entries.back(); }
  [[noreturn]] void fail_at(std::string_view name, const std::string& what) const {
    throw Error(Fault::model, file_ + ": tensor " + quote(name) + ": " + what);
  }
  [[noreturn]] void fail(const std::string& what) const { fail_at(name_, what); }
  [[noreturn]] void fail_twice() const { fail("key " + quote(key_) + " stands twice"); }
  [[noreturn]] void unexpected(const std::string& what) const {
    if (place_ == Place::outside) {
      throw Error(Fault::model, file_ + ": expected the header to be a JSON object, found " + what);
    }
    fail("unexpected " + what + (key_.empty() ? "" : " at key " + quote(key_)));
  }

  std::string file_;
  SafetensorsHeader header_;
  Place place_ = Place::outside;
  std::string name_;  ///< the tensor whose entry is read
  std::string key_;   ///< the key inside it
  std::unordered_set<std::string> names_;
  unsigned seen_ = 0;  ///< a bit for each of an entry's three keys
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, std::string_view file) {
  HeaderReader reader(file);
  Json::sax_parse(json.begin(), json.end(), &reader);
  return reader.take();
}

}  // namespace clinfer::io

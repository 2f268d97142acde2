#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clinfer::text {

/// Walks over the fields of one message in the protocol buffers' wire format (varints, fixed32, fixed64,
/// length-delimited; no groups). Every error is Error(Fault::model) starting with `where` (file and message).
class ProtobufFields {
 public:
  ProtobufFields(std::string_view bytes, std::string where) : in_(bytes), where_(std::move(where)) {}

  bool next();  ///< reads the next field; false at the end
  uint32_t number() const { return number_; }

  // The field's value; an error when it was written in another way.
  uint64_t varint() const;
  float float32() const;
  std::string_view bytes() const;  ///< a string or a message, in the bytes given

 private:
  enum Wire : uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

  [[noreturn]] void fail(const std::string& what) const;
  uint64_t take_varint();
  std::string_view take(uint64_t count);
  void expect(Wire wire) const;

  std::string_view in_;
  std::string where_;
  size_t at_ = 0;
  uint32_t number_ = 0;
  uint32_t wire_ = kVarint;
  uint64_t varint_ = 0;
  std::string_view bytes_;  // of all but varints
};

}  // namespace clinfer::text

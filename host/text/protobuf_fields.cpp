#include "host/text/protobuf_fields.h"

#include <bit>

#include "quant/error.h"

namespace clinfer::text {

void ProtobufFields::fail(const std::string& what) const {
  throw Error(Fault::model, where_ + ": byte " + std::to_string(at_) + ": " + what);
}

uint64_t ProtobufFields::take_varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (at_ == in_.size()) fail("cut off inside a number");
    const auto byte = static_cast<unsigned char>(in_[at_++]);
    value |= uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
  fail("a number of more than 10 bytes");
}

std::string_view ProtobufFields::take(uint64_t count) {
  if (count > in_.size() - at_)
    fail("a field of " + std::to_string(count) + " bytes, " + std::to_string(in_.size() - at_) + " are left");
  const std::string_view taken = in_.substr(at_, count);
  at_ += taken.size();
  return taken;
}

bool ProtobufFields::next() {
  if (at_ == in_.size()) return false;
  const uint64_t key = take_varint();
  if (key >> 3 == 0 || key >> 32 != 0) fail("field number " + std::to_string(key >> 3));
  number_ = static_cast<uint32_t>(key >> 3);
  wire_ = key & 7;
  switch (wire_) {
    case kVarint:
      varint_ = take_varint();
      return true;
    case kFixed64:
      bytes_ = take(8);
      return true;
    case kLength:
      bytes_ = take(take_varint());
      return true;
    case kFixed32:
      bytes_ = take(4);
      return true;
    default:
      fail("field " + std::to_string(number_) + " of wire type " + std::to_string(wire_));
  }
}

void ProtobufFields::expect(Wire wire) const {
  if (wire_ != wire) {
    fail("field " + std::to_string(number_) + ": expected wire type " + std::to_string(wire) + ", got " +
         std::to_string(wire_));
  }
}

uint64_t ProtobufFields::varint() const {
  expect(kVarint);
  return varint_;
}

float ProtobufFields::float32() const {
  expect(kFixed32);
  uint32_t bits = 0;  // little-endian in the file
  for (size_t i = 4; i-- > 0;) bits = bits << 8 | static_cast<unsigned char>(bytes_[i]);
  return std::bit_cast<float>(bits);
}

std::string_view ProtobufFields::bytes() const {
  expect(kLength);
  return bytes_;
}

}  // namespace clinfer::text

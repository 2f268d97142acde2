#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "quant/error.h"

namespace clinfer::io {

/// Reads little-endian numbers and strings from a GGUF image one after another, never behind its end.
class GgufCursor {
 public:
  GgufCursor(std::span<const std::byte> file, std::string_view path) : file_(file), path_(path) {}

  uint64_t position() const { return position_; }
  uint64_t remaining() const { return file_.size() - position_; }
  const std::string& path() const { return path_; }

  template <typename T>
  T read(std::string_view what) {
    T value;
    if (remaining() < sizeof value) fail(what, "the file ends inside it");
    std::memcpy(&value, file_.data() + position_, sizeof value);
    position_ += sizeof value;
    return value;
  }

  /// A uint64 length and as many bytes.
  std::string read_string(std::string_view what) {
    const auto length = read<uint64_t>(what);
    if (length > remaining())
      fail(what, "string length " + std::to_string(length) + " reaches behind the file's end");
    std::string value(reinterpret_cast<const char*>(file_.data() + position_), length);
    position_ += length;
    return value;
  }

  /// A uint64 count of things of at least `least_bytes` each: no count is believed that the file cannot hold.
  uint64_t read_count(std::string_view what, uint64_t least_bytes) {
    const auto count = read<uint64_t>(what);
    if (count > remaining() / least_bytes) {
      fail(what, "count " + std::to_string(count) + " is more than the file can hold");
    }
    return count;
  }

  [[noreturn]] void fail(std::string_view what, const std::string& why) const {
    throw Error(Fault::model, path_ + ": " + std::string(what) + " (before byte " +
                                  std::to_string(position_) + "): " + why);
  }

 private:
  std::span<const std::byte> file_;
  std::string path_;
  uint64_t position_ = 0;
};

}  // namespace clinfer::io

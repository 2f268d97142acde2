#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace clinfer::io {

/// A file under construction: it has a temporary name in the folder of `path` until commit() syncs it and
/// renames it to `path`; without commit() it is removed. Throws Error(Fault::run) naming the path.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  /// The same at a place of its own, counted from the file's start; write() goes on where it was.
  void write_at(uint64_t offset, std::span<const std::byte> bytes);
  void commit();

 private:
  [[noreturn]] void fail(const char* what) const;

  std::string path_;
  std::string temporary_;
  int descriptor_ = -1;
};

}  // namespace clinfer::io

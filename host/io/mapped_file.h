#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace clinfer::io {

/// A whole regular file mapped read-only. Opening throws Error(Fault::model) naming the path when there is no
/// such file, it is empty, or it is a folder, FIFO, socket or device (it never blocks on one).
///
/// A file may be truncated while it is mapped; a read behind its new end then raises SIGBUS. Two ways to live
/// with that: copy_guarded() reads through the file descriptor and reports the loss as an Error; and the
/// first mapping installs a SIGBUS handler (unless the program has one of its own) that, for addresses inside
/// a mapped file, says which file was cut on stderr and ends the process with the exit code of Fault::model.
class MappedFile {
 public:
  explicit MappedFile(std::string path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::string& path() const { return path_; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }

  /// Drops the resident pages that `range` (inside bytes()) touches; a later read brings them back.
  void release(std::span<const std::byte> range) const;

 private:
  std::string path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
  int descriptor_ = -1;
  int slot_ = -1;
};

/// Copies src to dst (of the same size). Where src lies in a MappedFile, the bytes are read with pread, so a
/// file cut meanwhile gives Error(Fault::model) naming it, not a signal. Other memory is copied as it is.
void copy_guarded(std::span<std::byte> dst, std::span<const std::byte> src);

}  // namespace clinfer::io

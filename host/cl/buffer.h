#pragma once

#include <cstdint>

#include "host/cl/handle.h"

namespace clinfer::cl {

/// Device memory, or a piece of it. A copy shares the memory; the last one frees it.
class Buffer {
 public:
  Buffer() = default;
  Buffer(MemoryHandle memory, int64_t bytes, int64_t base_align_bytes);

  int64_t bytes() const { return bytes_; }
  cl_mem raw() const { return view_.get(); }
  explicit operator bool() const { return static_cast<bool>(view_); }

  /// A sub-buffer, also of a sub-buffer. Throws Error(Fault::run) if the piece does not lie inside, is empty,
  /// or if its offset from the start of the allocation is not a multiple of the device's base alignment.
  Buffer sub(int64_t offset_bytes, int64_t piece_bytes) const;

 private:
  MemoryHandle root_;  ///< the allocation: OpenCL has no sub-buffers of sub-buffers
  MemoryHandle view_;
  int64_t offset_bytes_ = 0;  ///< of the view in the allocation
  int64_t bytes_ = 0;
  int64_t base_align_bytes_ = 1;
};

}  // namespace clinfer::cl

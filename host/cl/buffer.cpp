#include "host/cl/buffer.h"

#include <string>
#include <utility>

#include "host/cl/error.h"

namespace clinfer::cl {

Buffer::Buffer(MemoryHandle memory, int64_t bytes, int64_t base_align_bytes)
    : root_(std::move(memory)), view_(root_), bytes_(bytes), base_align_bytes_(base_align_bytes) {}

Buffer Buffer::sub(int64_t offset_bytes, int64_t piece_bytes) const {
  const std::string piece =
      "sub-buffer of " + std::to_string(piece_bytes) + " bytes at offset " + std::to_string(offset_bytes);
  if (offset_bytes < 0 || piece_bytes <= 0 || offset_bytes > bytes_ || piece_bytes > bytes_ - offset_bytes) {
    throw Error(Fault::run, piece + " does not lie inside a buffer of " + std::to_string(bytes_) + " bytes");
  }
  const int64_t from_root = offset_bytes_ + offset_bytes;
  if (from_root % base_align_bytes_ != 0) {
    throw Error(Fault::run,
                piece + " is not aligned to the device's " + std::to_string(base_align_bytes_) + " bytes");
  }
  const cl_buffer_region region{static_cast<size_t>(from_root), static_cast<size_t>(piece_bytes)};
  cl_int code = CL_SUCCESS;
  Buffer result = *this;
  result.view_ =
      MemoryHandle(clCreateSubBuffer(root_.get(), 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &code));
  check_allocation(code, "clCreateSubBuffer", piece);
  result.offset_bytes_ = from_root;
  result.bytes_ = piece_bytes;
  return result;
}

}  // namespace clinfer::cl

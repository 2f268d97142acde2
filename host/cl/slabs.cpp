#include "host/cl/slabs.h"

#include <algorithm>

#include "host/cl/huge_pages.h"

namespace clinfer::cl {

namespace {

constexpr int64_t kMostSlab = int64_t{512} << 20;
constexpr int64_t kPieceAlign = 4096;

int64_t round_up(int64_t bytes, int64_t to) {
  return (bytes + to - 1) / to * to;
}

}  // namespace

Buffer Slabs::allocate(int64_t bytes) {
  const graph::DeviceInfo& info = device_.info();
  const int64_t align = std::max<int64_t>(kPieceAlign, info.base_align_bytes);
  if (!info.is_cpu || bytes <= 0 || bytes > kMostSlab / 4) return device_.allocate(bytes);
  if (!slab_ || used_ + bytes > slab_.bytes()) {
    // What is left, and as much again as the pieces' ends can take.
    const int64_t wanted = std::min(kMostSlab, expected_ + expected_ / 8 + kHugeFrom);
    slab_ = device_.allocate(std::clamp(wanted, bytes, info.max_alloc_bytes));
    used_ = 0;
  }
  const Buffer piece = slab_.sub(used_, bytes);
  used_ = round_up(used_ + bytes, align);
  expected_ -= bytes;
  return piece;
}

}  // namespace clinfer::cl

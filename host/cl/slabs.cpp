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

Slabs::Piece Slabs::allocate(int64_t bytes) {
  const graph::DeviceInfo& info = device_.info();
  if (!info.is_cpu || bytes <= 0 || bytes > kMostSlab / 4) {
    slabs_.push_back(device_.allocate(bytes));
    return {slabs_.back(), slabs_.size() - 1, 0};
  }
  if (!open_ || used_ + bytes > slabs_[*open_].bytes()) {
    // What is left, and as much again as the pieces' ends can take.
    const int64_t wanted = std::min(kMostSlab, expected_ + expected_ / 8 + kHugeFrom);
    slabs_.push_back(device_.allocate(std::clamp(wanted, bytes, info.max_alloc_bytes)));
    open_ = slabs_.size() - 1;
    used_ = 0;
  }
  Piece piece{slabs_[*open_].sub(used_, bytes), *open_, used_};
  used_ = round_up(used_ + bytes, std::max<int64_t>(kPieceAlign, info.base_align_bytes));
  expected_ = std::max<int64_t>(0, expected_ - bytes);
  return piece;
}

std::vector<Mapping> Slabs::map() const {
  std::vector<Mapping> maps;
  for (const Buffer& slab : slabs_) maps.push_back(device_.map(slab, Device::MapFor::overwrite));
  return maps;
}

}  // namespace clinfer::cl

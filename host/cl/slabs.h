#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "host/cl/buffer.h"
#include "host/cl/context.h"

namespace clinfer::cl {

/// Buffers that live as long as each other. Those of a CPU are pieces of large allocations, which get huge
/// pages; other devices place theirs themselves.
class Slabs {
 public:
  struct Piece {
    Buffer buffer;
    size_t slab = 0;     ///< allocation that it is a part of
    int64_t offset = 0;  ///< bytes into that
  };

  /// `bytes`: of all buffers together that will be asked for.
  Slabs(Device device, int64_t bytes) : device_(std::move(device)), expected_(bytes) {}

  /// Throws as Device::allocate() does.
  Piece allocate(int64_t bytes);

  /// The allocations so far in host memory, what they hold to be overwritten.
  std::vector<Mapping> map() const;

 private:
  Device device_;
  int64_t expected_;            ///< bytes still to be asked for
  std::vector<Buffer> slabs_;   ///< allocations
  std::optional<size_t> open_;  ///< the one that pieces are taken from
  int64_t used_ = 0;            ///< bytes of that
};

}  // namespace clinfer::cl

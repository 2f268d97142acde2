#pragma once

#include <cstdint>

#include "host/cl/buffer.h"
#include "host/cl/context.h"

namespace clinfer::cl {

/// Buffers that live as long as each other. Those of a CPU are pieces of large allocations, which get huge
/// pages; other devices place theirs themselves.
class Slabs {
 public:
  /// `bytes`: of all buffers together that will be asked for.
  Slabs(Device device, int64_t bytes) : device_(std::move(device)), expected_(bytes) {}

  /// Throws as Device::allocate() does.
  Buffer allocate(int64_t bytes);

 private:
  Device device_;
  int64_t expected_;  ///< bytes still to be asked for
  Buffer slab_;
  int64_t used_ = 0;  ///< bytes of slab_
};

}  // namespace clinfer::cl

#pragma once

#include <cstddef>
#include <vector>

#include "host/cl/context.h"

namespace clinfer::cl {

/// Host memory that is written to a device without waiting: a write that waits costs a round trip.
class StagedWrite {
 public:
  StagedWrite() = default;
  StagedWrite(StagedWrite&&) noexcept = default;
  StagedWrite& operator=(StagedWrite&&) = delete;
  ~StagedWrite();

  /// What is to be written next; waits until the last write is done with it.
  std::vector<std::byte>& bytes();
  /// Queues the write of bytes() to the start of `target`. Errors as Device::write.
  void enqueue(const Device& device, const Buffer& target);

 private:
  std::vector<std::byte> bytes_;
  EventHandle done_;
};

}  // namespace clinfer::cl

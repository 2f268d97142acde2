#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "graph/device_info.h"
#include "host/cl/buffer.h"
#include "host/cl/handle.h"

namespace clinfer::cl {

/// Device memory mapped for the host; unmapped at the end of its life. Writes reach the device in queue
/// order.
class Mapping {
 public:
  Mapping(QueueHandle queue, Buffer buffer, void* data);
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping();
  std::span<std::byte> bytes() const {
    return {static_cast<std::byte*>(data_), static_cast<size_t>(buffer_.bytes())};
  }

 private:
  QueueHandle queue_;
  Buffer buffer_;
  void* data_;
};

struct DeviceOptions {
  bool profiling = false;   ///< events carry times
  bool debug_sync = false;  ///< wait after each kernel, so that a fault names its kernel
};

/// One context with one in-order queue on one device. A copy shares both; the last one releases them. Do not
/// keep one in a static object: drivers may be unloaded before it.
class Device {
 public:
  using Options = DeviceOptions;
  enum class MapFor { read, overwrite };

  /// `info` as listed by list_devices(); throws Error(Fault::device) if that device is gone or refuses a
  /// context.
  explicit Device(const graph::DeviceInfo& info, Options options = {});

  const graph::DeviceInfo& info() const { return *info_; }
  const Options& options() const { return options_; }

  /// `bytes` > 0, else Error(Fault::run). Error(Fault::memory) with the numbers when it is more than one
  /// buffer can hold or the driver refuses.
  Buffer allocate(int64_t bytes) const;
  /// allocate(), then writes zeros through the whole buffer and waits: drivers that allocate lazily fail
  /// here, with Error(Fault::memory), and not in the middle of a run.
  Buffer allocate_touched(int64_t bytes) const;

  /// Ranges are checked: Error(Fault::run). write and read return when the host memory may be used again.
  void write(const Buffer& target, std::span<const std::byte> data, int64_t offset_bytes = 0) const;
  void read(const Buffer& source, std::span<std::byte> data, int64_t offset_bytes = 0) const;
  void copy(const Buffer& source, int64_t source_offset, const Buffer& target, int64_t target_offset,
            int64_t bytes) const;
  void fill(const Buffer& target, uint8_t value, int64_t offset_bytes, int64_t bytes) const;
  Mapping map(const Buffer& buffer, MapFor use) const;

  void flush() const;
  void finish() const;

  cl_context context() const { return context_.get(); }
  cl_command_queue queue() const { return queue_.get(); }
  cl_device_id raw() const { return device_; }

 private:
  std::shared_ptr<const graph::DeviceInfo> info_;
  Options options_;
  cl_device_id device_ = nullptr;
  ContextHandle context_;
  QueueHandle queue_;
};

/// The time between start and end of a finished command, in nanoseconds; needs Options::profiling.
int64_t elapsed_nanoseconds(const EventHandle& event);

}  // namespace clinfer::cl

#pragma once

#include <optional>

#include "host/cl/context.h"
#include "host/cl/disk_cache.h"

namespace clinfer::cl {

/// What a device was measured to reach, for rooflines.
struct DeviceSpeed {
  double bytes_per_second = 0;  ///< reading memory
  double flops = 0;     ///< of float32 multiply-adds by plain OpenCL C, each counted as two; matrix units are
                        ///< not asked
  double byte_ops = 0;  ///< products of bytes and their sums, each counted as two; 0 where VNNI does not work
};

/// Takes about a second and up to 512 MiB of the device's memory. Throws Error(Fault::device or memory).
DeviceSpeed measure_speed(const Device& device);

/// What was measured on a device of this name and driver, and remembering it.
std::optional<DeviceSpeed> known_speed(const graph::DeviceInfo& device, const DiskCache& cache);
void remember_speed(const graph::DeviceInfo& device, const DeviceSpeed& speed, DiskCache& cache);
/// What is known, else what measuring finds, which is remembered.
DeviceSpeed known_or_measured_speed(const graph::DeviceInfo& device, DiskCache& cache);

}  // namespace clinfer::cl

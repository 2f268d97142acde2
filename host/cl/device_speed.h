#pragma once

#include <optional>

#include "host/cl/context.h"
#include "host/cl/disk_cache.h"

namespace clinfer::cl {

/// What a device was measured to reach, for rooflines.
struct DeviceSpeed {
  double bytes_per_second = 0;  ///< reading memory
  double flops = 0;  ///< of float32 multiply-adds by plain OpenCL C, each counted as two; matrix units are
                     ///< not asked
};

/// Takes about a second and up to 512 MiB of the device's memory. Throws Error(Fault::device or memory).
DeviceSpeed measure_speed(const Device& device);

/// What was measured on a device of this name and driver, and remembering it.
std::optional<DeviceSpeed> known_speed(const graph::DeviceInfo& device, const DiskCache& cache);
void remember_speed(const graph::DeviceInfo& device, const DeviceSpeed& speed, DiskCache& cache);

}  // namespace clinfer::cl

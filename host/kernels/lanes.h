#pragma once

#include "host/kernels/program.h"

namespace clinfer::kernels {

/// WG_SIZE for include/lanes.clh: 1 on CPUs, else the largest power of two that is at most `wanted` and that
/// the device allows.
inline int64_t lanes_for(const graph::DeviceInfo& device, int64_t wanted) {
  int64_t lanes = wanted;
  while (lanes > 1 && lanes > device.max_work_group) lanes /= 2;
  return group_size(device, lanes);
}

inline constexpr int64_t kElementwiseLanes = 128;

/// Columns of a row that an item of an elementwise kernel takes: on GPUs one a lane, since a lane that takes
/// one after another waits for memory each time.
inline int32_t column_chunk(const graph::DeviceInfo& device) {
  return one_item_workers(device) ? 1024 : static_cast<int32_t>(kElementwiseLanes);
}

inline int64_t divide_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

inline Prepared one_launch(Launch launch) {
  Prepared prepared;
  prepared.launches.push_back(std::move(launch));
  return prepared;
}

/// The one answer of ops with nothing to refuse.
inline Support always(const OpContext&) {
  return Support::yes();
}

/// Yes when a group may have so much local memory. Strictly below the limit: drivers keep some for
/// themselves.
inline Support local_memory_support(const graph::DeviceInfo& device, int64_t bytes) {
  if (bytes < device.local_bytes) return Support::yes();
  return Support::no("needs " + std::to_string(bytes) + " bytes of local memory, the device has " +
                     std::to_string(device.local_bytes));
}

}  // namespace clinfer::kernels

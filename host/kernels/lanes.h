#pragma once

#include <initializer_list>

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

/// How an elementwise kernel cuts rows: `chunk` columns of a row are an item, on GPUs one vector a lane,
/// since a lane that takes one after another waits for memory each time.
struct ColumnItems {
  int32_t chunk;
  std::vector<std::string> defines;  ///< FOURS where vectors are of four columns (include/lanes.clh)
};
/// `strides`: of what columns parts of operands begin at multiples.
inline ColumnItems column_items(const graph::DeviceInfo& device, std::initializer_list<int64_t> strides) {
  if (one_item_workers(device)) return {1024, {}};
  constexpr auto kLanes = static_cast<int32_t>(kElementwiseLanes);
  const bool fours = std::ranges::all_of(strides, [](int64_t stride) { return stride % 4 == 0; });
  return fours ? ColumnItems{4 * kLanes, {"FOURS"}} : ColumnItems{kLanes, {}};
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

#pragma once

#include <algorithm>

#include "host/kernels/tuning.h"
#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// "WG_SIZE=64": an integer constant of a kernel.
inline std::string constant(std::string_view name, int64_t value) {
  return std::string(name) + "=" + std::to_string(value);
}

/// Whether one work-item with explicit vectors is a worker (CPUs), or a group whose lanes cooperate.
inline bool one_item_workers(const graph::DeviceInfo& device) {
  return device.is_cpu;
}

/// Work-items of a group: 1 on CPUs, else `lanes`, which the device must allow.
inline int64_t group_size(const graph::DeviceInfo& device, int64_t lanes) {
  return one_item_workers(device) ? 1 : lanes;
}

/// Workers to launch for so many items: enough that an uneven end does not matter, few enough that starting
/// them is cheap. Bodies stride by it.
inline int64_t worker_count(const graph::DeviceInfo& device, int64_t items) {
  const int64_t units = std::max<int64_t>(1, device.compute_units);
  return std::max<int64_t>(1, std::min(items, units * tuned(device, kWorkersPerUnit)));
}

/// A program of cl_kernels/<stem>.cl whose one kernel has the stem's name. `buffers` are its arguments in
/// order.
Launch make_launch(std::string_view stem, std::vector<std::string> defines, std::vector<BufferRef> buffers,
                   int64_t local_size);

inline BufferRef input_ref(size_t index) {
  return {BufferRef::Kind::input, index};
}
inline BufferRef output_ref(size_t index) {
  return {BufferRef::Kind::output, index};
}
inline BufferRef scratch_ref() {
  return {BufferRef::Kind::scratch, 0};
}
/// Input `index` if the node has it, else input 0, which the kernel's args must tell it not to read as that
/// operand.
inline BufferRef optional_input_ref(const OpContext& context, size_t index) {
  return input_ref(context.has_input(index) ? index : 0);
}

}  // namespace clinfer::kernels

#pragma once

#include <cstdint>

#include "host/cl/opencl.h"

namespace clinfer::cl {

/// Bytes from which a buffer of a CPU gets huge pages, where the system grants them.
inline constexpr int64_t kHugeFrom = int64_t{4} << 20;

/// Asks the system for huge pages under a buffer that nothing has been written to, of a device whose memory
/// is the host's: walking the page tables of small ones costs a processor a third of what it could read, more
/// in a virtual machine. A wish: nothing tells whether it was granted, and where it cannot be said nothing
/// happens.
void ask_huge_pages(cl_command_queue queue, cl_mem buffer, int64_t bytes);

}  // namespace clinfer::cl

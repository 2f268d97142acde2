#pragma once

#include <functional>

#include "host/cl/context.h"

namespace clinfer::bench {

/// Seconds of one call.
struct Seconds {
  double median;
  double least;
};

/// Of `rounds` after one that warms up, in each of which call(0) to call(calls - 1) are enqueued and
/// finished.
Seconds time_calls(const cl::Device& device, int rounds, int64_t calls,
                   const std::function<void(size_t)>& call);

}  // namespace clinfer::bench

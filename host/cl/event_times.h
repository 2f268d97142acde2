#pragma once

#include <cstdint>

#include "host/cl/handle.h"

namespace clinfer::cl {

/// Moments of a finished command, in nanoseconds of a clock of the device's own.
struct EventTimes {
  int64_t queued = 0;
  int64_t start = 0;
  int64_t end = 0;
};

/// Waits for the command; its queue needs Device::Options::profiling.
EventTimes event_times(const EventHandle& event);

}  // namespace clinfer::cl

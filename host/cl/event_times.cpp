#include "host/cl/event_times.h"

#include "host/cl/error.h"

namespace clinfer::cl {

EventTimes event_times(const EventHandle& event) {
  const cl_event raw = event.get();
  CL_CHECK(clWaitForEvents(1, &raw));
  const auto moment = [&](cl_profiling_info which) {
    cl_ulong nanoseconds = 0;
    CL_CHECK(clGetEventProfilingInfo(raw, which, sizeof nanoseconds, &nanoseconds, nullptr));
    return static_cast<int64_t>(nanoseconds);
  };
  return {moment(CL_PROFILING_COMMAND_QUEUED), moment(CL_PROFILING_COMMAND_START),
          moment(CL_PROFILING_COMMAND_END)};
}

}  // namespace clinfer::cl

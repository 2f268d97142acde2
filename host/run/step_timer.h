#pragma once

#include <deque>
#include <map>

#include "host/cl/handle.h"
#include "host/run/profile.h"

namespace clinfer::run {

/// Times the steps of one call: launches by their events, which are read when all have run; what has none (a
/// library's call, a copy) by the host's clock.
class StepTimer {
 public:
  using Clock = Profile::Clock;

  explicit StepTimer(Profile& profile) : profile_(profile) {}

  /// Steps [first, end) come next, on this device.
  void begin(size_t first, size_t end, int device);
  /// Where the next launch is to put its event; valid until the timer ends.
  cl::EventHandle* launch(int64_t workers);
  /// The present step ran between these moments.
  void by_host(Clock::time_point start, Clock::time_point end);

  /// Waits for all launches and adds the steps to the profile.
  void finish();

 private:
  struct Launch {
    cl::EventHandle event;
    size_t step;  ///< index of steps_
    Clock::time_point before;
  };

  Profile& profile_;
  std::vector<StepSpan> steps_;
  std::deque<Launch> launches_;
};

}  // namespace clinfer::run

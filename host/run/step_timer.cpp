#include "host/run/step_timer.h"

#include <algorithm>

#include "host/cl/event_times.h"

namespace clinfer::run {

void StepTimer::begin(size_t first, size_t end, int device) {
  StepSpan span;
  span.first = first;
  span.end = end;
  span.device = device;
  steps_.push_back(span);
}

cl::EventHandle* StepTimer::launch(int64_t workers) {
  StepSpan& step = steps_.back();
  ++step.launches;
  step.workers += workers;
  launches_.push_back({{}, steps_.size() - 1, Clock::now()});
  return &launches_.back().event;
}

void StepTimer::by_host(Clock::time_point start, Clock::time_point end) {
  StepSpan& step = steps_.back();
  step.start_us = profile_.microseconds(start);
  step.duration_us = profile_.microseconds(end) - step.start_us;
}

void StepTimer::finish() {
  // Clocks of devices differ from the host's: each call's first launch on a device ties the two.
  std::map<int, double> host_ahead_us;
  std::vector<bool> begun(steps_.size(), false);
  for (const Launch& launch : launches_) {
    if (!launch.event) continue;
    StepSpan& step = steps_[launch.step];
    const cl::EventTimes times = cl::event_times(launch.event);
    const double queued_us = static_cast<double>(times.queued) / 1e3;
    const double ahead =
        host_ahead_us.try_emplace(step.device, profile_.microseconds(launch.before) - queued_us)
            .first->second;
    if (!begun[launch.step]) step.start_us = static_cast<double>(times.start) / 1e3 + ahead;
    begun[launch.step] = true;
    step.duration_us += static_cast<double>(std::max<int64_t>(0, times.end - times.start)) / 1e3;
  }
  for (const StepSpan& step : steps_) profile_.add_step(step);
}

}  // namespace clinfer::run

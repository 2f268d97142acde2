#include "host/run/profile.h"

#include <utility>

namespace clinfer::run {

void Profile::add_host(std::string what, std::string detail, Clock::time_point start, Clock::time_point end) {
  const std::lock_guard lock(mutex_);
  const int thread =
      threads_.try_emplace(std::this_thread::get_id(), static_cast<int>(threads_.size())).first->second;
  const double from = microseconds(start);
  host_.push_back({std::move(what), std::move(detail), thread, from, microseconds(end) - from});
}

std::vector<HostSpan> Profile::host() const {
  const std::lock_guard lock(mutex_);
  return host_;
}

void Profile::begin_call(std::shared_ptr<const plan::Plan> plan, const graph::Sizes& sizes) {
  calls_.push_back({std::move(plan), sizes, microseconds(Clock::now()), 0});
}

void Profile::end_call() {
  CallSpan& call = calls_.back();
  call.duration_us = microseconds(Clock::now()) - call.start_us;
}

void Profile::add_step(StepSpan span) {
  span.call = calls_.size() - 1;
  steps_.push_back(span);
}

}  // namespace clinfer::run

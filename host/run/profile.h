#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "host/plan/plan.h"

namespace clinfer::run {

/// Something that a thread of the host did. Moments are microseconds since the profile was made.
struct HostSpan {
  std::string what;
  std::string detail;
  int thread = 0;  ///< 0: the first that added one
  double start_us = 0;
  double duration_us = 0;
};

/// Steps [first, end) of a call's plan: one step, or several in one joined launch.
struct StepSpan {
  size_t call = 0;  ///< index of Profile::calls
  size_t first = 0;
  size_t end = 0;
  int device = 0;
  int64_t launches = 0;
  int64_t workers = 0;     ///< work-groups of all launches
  double start_us = 0;     ///< of the first launch on its device
  double duration_us = 0;  ///< of the launches, without gaps between them
};

/// A call of an engine with what the host did for it: inputs written, launches queued, logits read back.
struct CallSpan {
  std::shared_ptr<const plan::Plan> plan;
  graph::Sizes sizes;
  double start_us = 0;
  double duration_us = 0;
};

/// Records what a run did, when. Steps and calls belong to one thread; spans of the host may come from any.
class Profile {
 public:
  using Clock = std::chrono::steady_clock;

  Profile() : start_(Clock::now()) {}

  double microseconds(Clock::time_point moment) const {
    return std::chrono::duration<double, std::micro>(moment - start_).count();
  }

  void add_host(std::string what, std::string detail, Clock::time_point start, Clock::time_point end);
  void begin_call(std::shared_ptr<const plan::Plan> plan, const graph::Sizes& sizes);
  void end_call();
  /// Of the call that has begun.
  void add_step(StepSpan span);

  const std::vector<CallSpan>& calls() const { return calls_; }
  const std::vector<StepSpan>& steps() const { return steps_; }
  std::vector<HostSpan> host() const;

 private:
  Clock::time_point start_;
  std::vector<CallSpan> calls_;
  std::vector<StepSpan> steps_;
  mutable std::mutex mutex_;  ///< of what follows
  std::vector<HostSpan> host_;
  std::map<std::thread::id, int> threads_;
};

/// From its construction to its end a span of the host; none without a profile.
class HostScope {
 public:
  HostScope(Profile* profile, std::string_view what) : profile_(profile), what_(what) {}
  ~HostScope() {
    if (profile_ != nullptr) profile_->add_host(std::string(what_), {}, start_, Profile::Clock::now());
  }
  HostScope(const HostScope&) = delete;
  HostScope& operator=(const HostScope&) = delete;

 private:
  Profile* profile_;
  std::string_view what_;
  Profile::Clock::time_point start_ = Profile::Clock::now();
};

/// What `act` gives, with a span for the time it took.
template <class Act>
auto timed(Profile* profile, std::string_view what, Act&& act) {
  const HostScope scope(profile, what);
  return act();
}

}  // namespace clinfer::run

#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/cl/device_speed.h"
#include "host/plan/step_facts.h"
#include "host/run/profile.h"

namespace clinfer::cli {

struct ProfiledDevice {
  graph::DeviceInfo info;
  cl::DeviceSpeed speed;
};

/// What a span of steps had to do, and the least time that its device needs for it.
struct SpanWork {
  double bytes_read = 0;
  double bytes_written = 0;
  double flops = 0;
  double least_us = 0;

  double bytes() const { return bytes_read + bytes_written; }
  void add(const SpanWork& other);
};

/// The work of each span of a profile.
class ProfileFacts {
 public:
  ProfileFacts(const run::Profile& profile, std::vector<ProfiledDevice> devices);

  const std::vector<ProfiledDevice>& devices() const { return devices_; }
  /// By index of Profile::steps().
  const SpanWork& work(size_t span) const { return work_.at(span); }

 private:
  SpanWork work_of(const run::CallSpan& call, const run::StepSpan& span) const;

  std::vector<ProfiledDevice> devices_;
  std::vector<SpanWork> work_;
};

/// Steps of one op, variant and format, in all calls of a plan in which they were launched by themselves.
struct ProfileRow {
  std::string op;
  std::string variant;
  std::string format;
  int64_t steps = 0;
  double microseconds = 0;
  SpanWork work;
};

/// All calls of one plan.
struct PlanSums {
  std::shared_ptr<const plan::Plan> plan;
  int64_t calls = 0;         ///< step by step
  double call_us = 0;        ///< their wall time
  double step_us = 0;        ///< of it, in steps
  int64_t joined_calls = 0;  ///< with joined launches
  double joined_call_us = 0;
  double joined_launch_us = 0;   ///< of it, in launches
  std::vector<ProfileRow> rows;  ///< most time first
};

/// Plans in the order of their first call.
std::vector<PlanSums> sum_plans(const run::Profile& profile, const ProfileFacts& facts);

}  // namespace clinfer::cli

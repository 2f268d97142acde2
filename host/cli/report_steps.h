#pragma once

#include <set>
#include <string>
#include <vector>

#include "host/cli/report_runs.h"
#include "host/cli/setup.h"
#include "host/report/measure.h"

namespace clinfer::cli {

/// What all steps of a report share.
struct ReportPlan {
  report::Windows windows;
  report::Sections sections;
  bool draft = false;  ///< load the models' draft modules
  int64_t repetitions = 0;
  std::set<std::string> asked;  ///< kernels and formats that were examined before
};

/// Throws Error that begins with `key` unless the run's plans can be made.
void check_run(const std::string& key, const ReportRun& run, const ReportPlan& plan,
               const io::Checkpoint& checkpoint, const DeviceChoice& devices);

/// The base's run, which ends with its model taken down: two models need not fit at once.
report::BaseRun measure_base(const ReportRun& run, ReportPlan& plan, report::Report& report);

report::CandidateResult measure_candidate(const ReportRun& run, ReportPlan& plan, const report::BaseRun& base,
                                          report::Report& report);

/// Logits of the base on another device, by report.second_device, beside those of the first.
void compare_second_device(const ReportRun& run, const ReportPlan& plan, const std::string& selector,
                           report::Report& report);

/// Takes the loss of a candidate apart, one model a part and two directions.
void attribute(const ReportRun& base_run, const ReportRun& run, const report::CandidateResult& result,
               const ReportPlan& plan, const report::BaseRun& base, report::Report& report);

}  // namespace clinfer::cli

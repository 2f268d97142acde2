#pragma once

#include <string>
#include <vector>

#include "host/cli/arguments.h"
#include "host/report/data.h"
#include "host/report/windows.h"

namespace clinfer::cli {

/// A run that a report compares.
struct ReportRun {
  report::Candidate candidate;
  config::LoadedConfig loaded;  ///< as `clinfer run` would take it
};

/// The command line's own options as overrides.
std::vector<std::string> report_overrides(const Arguments& arguments);

/// The base and the candidates of report.base and report.candidates: each is the base with its own keys
/// changed. Throws Error(Fault::usage) that begins with the candidate's key when they do not load, when there
/// are none, or two have one name.
ReportRun report_base(const Arguments& arguments, const config::ReportConfig& report);
std::vector<ReportRun> report_candidates(const Arguments& arguments, const config::ReportConfig& report);

/// The run as a file that `clinfer run` takes.
std::string winner_yaml(ReportRun run);

}  // namespace clinfer::cli

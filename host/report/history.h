#pragma once

#include <string>
#include <vector>

#include "host/report/data.h"

namespace clinfer::report {

/// What an earlier report says of the candidates that this one has by the same names. `json` is the content
/// of its report.json, `name` the file's for errors: Error(Fault::usage) when it is no report.
std::vector<HistoryRow> compare_history(const Report& report, const std::string& json,
                                        const std::string& name);

}  // namespace clinfer::report

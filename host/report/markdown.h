#pragma once

#include <string>

#include "host/report/data.h"

namespace clinfer::report {

/// The report's tables, with the ten worst tensors of each candidate.
std::string to_markdown(const Report& report);

/// One line a candidate that the gate refuses, and the chosen one: "" without a gate and a knee.
std::vector<std::string> verdict_lines(const Report& report);

/// What the figures are made of, one paragraph an item.
std::vector<std::string> method_notes();

}  // namespace clinfer::report

#pragma once

#include <nlohmann/json.hpp>

#include "host/report/data.h"

namespace clinfer::report {

nlohmann::json estimate_json(const Estimate& estimate);  ///< mean, standard_error, n
nlohmann::json finite_json(double value);                ///< null for Inf and NaN

/// Adds the sections that a candidate has, and those of the whole report.
void add_sections(const CandidateResult& result, nlohmann::json& out);
void add_sections(const Report& report, nlohmann::json& out);

}  // namespace clinfer::report

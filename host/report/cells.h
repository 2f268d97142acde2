#pragma once

#include <string>
#include <vector>

#include "host/report/data.h"
#include "host/report/table.h"

namespace clinfer::report {

using Row = std::vector<std::string>;

inline constexpr double k95 = 1.96;  ///< standard errors on each side of a 95 % interval

std::string percent(double share);                   ///< "99.21 %"
std::string decibel(double db);                      ///< "31.50", "exact"
std::string readable_bytes(double bytes);            ///< "12.3 MiB"
std::string with_interval(const Estimate& e);        ///< "0.0123 +/- 0.001": 95 %
std::string share_with_interval(const Estimate& e);  ///< "98.10 +/- 0.40 %"

/// Adds a row for each candidate: its name, then what `row` gives. Rows that are empty are left out.
template <class MakeRow>
Table for_candidates(const Report& report, Table table, MakeRow row) {
  for (const CandidateResult& c : report.candidates) {
    const Row rest = row(c);
    if (rest.empty()) continue;
    Row cells = {c.candidate.name};
    cells.insert(cells.end(), rest.begin(), rest.end());
    table.rows.push_back(std::move(cells));
  }
  return table;
}

}  // namespace clinfer::report

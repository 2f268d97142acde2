#pragma once

#include <vector>

#include "host/report/cells.h"
#include "host/report/data.h"
#include "host/report/table.h"

namespace clinfer::report {

Table summary_table(const Report& report);  ///< one line a candidate: size, KL, agreement, perplexity, speed
Table divergence_table(const Report& report);  ///< percentiles of KL
Table target_table(const Report& report);      ///< probability of the right token, agreement, calibration
Table perplexity_table(const Report& report);  ///< by token, word and byte, with paired differences
Table class_table(const Report& report);       ///< KL by kind of token
Table flips_table(const Report& report);       ///< changed first tokens by the base's margin
Table depth_table(const Report& report);       ///< KL by position in the window
Table theory_table(const Report& report);      ///< measured SQNR beside the format's own
Table size_table(const Report& report);        ///< bits per weight by role
/// The worst tensors of a candidate first, at most `most`.
Table tensor_table(const CandidateResult& result, size_t most);
/// Name and value: what was measured, on what, how to do it again.
Table identity_table(const Report& report);

/// All of them in the order of the report, without the tensors and those that have no rows.
std::vector<Table> tables(const Report& report);

}  // namespace clinfer::report

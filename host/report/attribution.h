#pragma once

#include <string>
#include <vector>

#include "host/report/data.h"

namespace clinfer::report {

/// Roles of matrices that a candidate converts, each once: what its loss can be attributed to.
std::vector<std::string> converted_roles(const CandidateResult& result);

/// Bytes that a candidate saves in a role, beside the base's size.
int64_t bytes_saved(const CandidateResult& result, const std::map<std::string, RoleSize>& base,
                    const std::string& role);

/// The parts in the order in which a mixed-precision list should leave them as they are: most KL a byte
/// first.
std::vector<const AttributedPart*> by_worth(const Attribution& attribution);

/// One line: what to leave as it is first, and whether the losses add.
std::string advice_of(const Attribution& attribution);

}  // namespace clinfer::report

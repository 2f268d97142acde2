#pragma once

#include <string>

#include "host/cli/profile_sums.h"

namespace clinfer::cli {

/// Where the time went: a table for each plan with a row for each op, variant and format, what is left for
/// launches and the host, and what the host did besides.
std::string profile_table(const run::Profile& profile, const ProfileFacts& facts);

}  // namespace clinfer::cli

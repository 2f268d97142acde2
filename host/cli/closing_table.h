#pragma once

#include <string>

#include "host/cli/setup.h"
#include "host/generate/session.h"

namespace clinfer::cli {

/// What a run took, one line a fact: load time, tokens a second of prompt and generation, time to the first
/// token, share of drafts accepted, bytes on each device, why it ended. Begins with an empty line.
std::string closing_table(const generate::Statistics& statistics, const LoadedModel& model);

/// Writes the table to stderr.
void print_closing_table(const generate::Statistics& statistics, const LoadedModel& model);

}  // namespace clinfer::cli

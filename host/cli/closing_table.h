#pragma once

#include <string_view>

#include "host/cli/setup.h"
#include "host/generate/session.h"

namespace clinfer::cli {

/// Writes generated text to stdout at once. Throws Error(Fault::run) when stdout is closed.
void print_text(std::string_view text);

/// What a run took, on stderr: load time, tokens a second of prompt and generation, time to the first token,
/// share of drafts accepted, bytes on each device.
void print_closing_table(const generate::Statistics& statistics, const LoadedModel& model);

}  // namespace clinfer::cli

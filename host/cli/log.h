#pragma once

#include "host/cli/arguments.h"
#include "host/config/run_config.h"

namespace clinfer::cli {

/// Sends the log to stderr (or log.file) at the run's level, as text or one JSON object a line; -v and -q go
/// before the configuration. Colours on a terminal only, and not with NO_COLOR set.
void set_up_log(const config::LogConfig& config, const Arguments& arguments);

}  // namespace clinfer::cli

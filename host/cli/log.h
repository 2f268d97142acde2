#pragma once

#include "host/config/run_config.h"

namespace clinfer::cli {

/// Sends the log to stderr (or log.file) at the run's level, as text or one JSON object a line.
void set_up_log(const config::LogConfig& config);

}  // namespace clinfer::cli

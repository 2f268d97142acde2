#pragma once

#include <atomic>

namespace clinfer::cli {

/// After the first SIGINT or SIGTERM interrupted() is true and the work ends at the next token; the second
/// ends the process at once. SIGPIPE is ignored: writing to a closed pipe then fails like any other write.
void install_signal_handlers();
const std::atomic<bool>& interrupted();

/// 130 after SIGINT, 143 after SIGTERM, else 0.
int signal_exit_code();

}  // namespace clinfer::cli

#pragma once

namespace clinfer::cli {

/// Reads the command line and runs the verb it names. Returns the exit code; throws Error(Fault::usage) for a
/// command line that is not understood, and whatever the verb throws.
int run_command_line(int argc, char** argv);

}  // namespace clinfer::cli

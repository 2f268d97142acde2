#pragma once

#include <memory>
#include <string>

#include "host/cli/setup.h"
#include "host/run/profile.h"

namespace clinfer::cli {

/// For --profile PATH: a profile to be handed to load_model(); nullptr when the path is empty. Throws
/// Error(Fault::usage) when no file can be written there.
std::shared_ptr<run::Profile> begin_profile(const std::string& verb, const std::string& path);

/// Writes the trace to `path` and the summary to standard error. Devices whose speeds are not known yet are
/// measured, about a second each.
void finish_profile(const std::string& path, const run::Profile& profile, const LoadedModel& model);

}  // namespace clinfer::cli

#pragma once

#include <string>

#include "host/cli/profile_sums.h"

namespace clinfer::cli {

/// The profile in the Trace Event Format, which chrome://tracing and Perfetto show: process 0 is the host,
/// process d + 1 device d with a track of steps and one of joined launches. Moments and durations are
/// microseconds, bytes and FLOP are those of the call's sizes. Of each plan the first 64 calls are there;
/// otherData.calls_left_out counts the others.
std::string profile_trace(const run::Profile& profile, const ProfileFacts& facts);

}  // namespace clinfer::cli

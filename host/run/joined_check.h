#pragma once

#include <span>

#include "graph/device_info.h"
#include "host/cl/sha256.h"
#include "host/plan/plan.h"

namespace clinfer::run {

/// What the answer of a plan's joined launches depends on (Executor::check_joined), to remember it by:
/// `programs` are the keys of the programs that join them, which hold their kernels, device and driver;
/// besides them the units that share the work, each launch with its arguments for a token, and where the
/// values lie that it touches, which decides what waits for what.
cl::Digest joined_key(const plan::Plan& plan, std::span<const graph::DeviceInfo> devices,
                      std::span<const cl::Digest> programs);

}  // namespace clinfer::run

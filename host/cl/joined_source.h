#pragma once

#include <span>
#include <string>

#include "host/cl/program.h"
#include "host/cl/source_loader.h"

namespace clinfer::cl {

/// The text of several programs in one: for each kernel a function of (worker, workers, pointers, args,
/// scratch) that does what group `worker` of `workers` of it does, and behind them
///   #define CHAIN_CALL(function, worker, workers, pointers, args, scratch)
/// which calls the one with that number; kernels are numbered in the order they are named. `pointers` are
/// addresses of the kernel's buffers, `args` its argument struct, `scratch` floats for its local memory. A
/// kernel takes buffers, then one struct, then at most one local pointer.
///
/// Names of each unit get a prefix of their own and its macros end with it, so that units may define the
/// same; for that, brackets must balance in each branch of an #if. Throws Error(Fault::device) when a file is
/// missing or has no such kernel.
std::string join_units(const SourceLoader& loader, std::span<const JoinedUnit> units);

}  // namespace clinfer::cl

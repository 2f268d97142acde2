#pragma once

#include <string>
#include <vector>

#include "host/cl/context.h"
#include "host/cl/program_cache.h"

namespace clinfer::tests {

/// A device to encode on. Each is listed twice: as it is, and as a GPU that flushes denormals, so that lanes
/// cooperate and the slower arithmetic, which has the same bits, is used.
struct Target {
  std::string name;
  cl::Device device;
};
const std::vector<Target>& targets();
cl::ProgramCache& programs();

}  // namespace clinfer::tests

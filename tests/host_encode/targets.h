#pragma once

#include <string>
#include <vector>

#include "host/cl/context.h"
#include "host/cl/program_cache.h"

namespace clinfer::tests {

/// A device to encode on. CPUs are listed three times: as they are; as a GPU, so that lanes cooperate
/// ("lanes"); and as one that flushes denormals, whose slower arithmetic has the same bits ("flushing").
struct Target {
  std::string name;
  cl::Device device;
};
const std::vector<Target>& targets();
cl::ProgramCache& programs();

}  // namespace clinfer::tests

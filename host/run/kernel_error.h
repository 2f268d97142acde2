#pragma once

#include <set>
#include <string>
#include <vector>

#include "host/cl/program_cache.h"
#include "host/run/engine.h"

namespace clinfer::run {

/// How far a kernel is off the interpreter's double precision on the same operands, in formats as it reads
/// them.
struct KernelError {
  std::string device;
  std::string variant;
  std::string phase;    ///< prefill or decode
  std::string formats;  ///< of the weight or cache that it reads; "" for none
  int64_t elements = 0;
  double worst = 0;  ///< largest error in units of what its arithmetic allows (kernels::error_limits)
  double rms = 0;    ///< root mean square of the same
};

/// Asks every kernel of the engine's plans one small question (KernelQuestion) for each format it reads,
/// unless `asked`, which it fills, says that this was done before.
/// Where the arithmetic allows no error, elements that are right count as 0 and others as infinite.
std::vector<KernelError> kernel_errors(const Engine& engine, cl::ProgramCache& programs,
                                       std::set<std::string>& asked);

}  // namespace clinfer::run

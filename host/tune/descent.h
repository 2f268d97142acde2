#pragma once

#include <functional>
#include <vector>

#include "host/cl/program_cache.h"
#include "host/kernels/tuning.h"
#include "host/tune/workload.h"

namespace clinfer::tune {

enum class Outcome {
  measured,
  without_effect,  ///< nothing that was measured uses it on this device
  not_reached,     ///< the time was over
};

/// What came out for one constant.
struct Finding {
  const kernels::TunedConstant* constant = nullptr;
  Outcome outcome = Outcome::not_reached;
  int64_t usual = 0;
  int64_t chosen = 0;
  double gain = 1;  ///< speed by the chosen value over the usual one's, with the choices made before
  std::vector<std::string> workloads{};  ///< names of those that it was measured by
};

/// Measures the constants that the device has by the workloads whose launches they change, one after another
/// in the order of their list, each with the choices made before (coordinate descent). No constant is begun
/// when `budget_seconds` are over; compiling counts. `progress` is told before each how many are done.
std::vector<Finding> descend(const cl::Device& device, cl::ProgramCache& programs,
                             const std::vector<WorkloadKind>& kinds, double budget_seconds,
                             const std::function<void(int64_t done, int64_t total)>& progress);

/// The constants whose values are not the usual ones.
Constants chosen_constants(const std::vector<Finding>& findings);

}  // namespace clinfer::tune

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/cl/program_cache.h"
#include "host/run/executor.h"
#include "host/run/storage.h"

namespace clinfer::tune {

/// DeviceInfo::tuning.
using Constants = std::map<std::string, int64_t>;

/// Calls by which speed is measured: of a small decoder with made-up weights, long enough that caches of a
/// processor do not hold a token's weights.
struct WorkloadKind {
  std::string name;
  std::string weights;      ///< a quant format
  std::string activations;  ///< "keep" or a format of activations
  int64_t layers = 1;
  graph::Sizes sizes;   ///< of a call
  int64_t context = 0;  ///< most that its plan allows
};

/// What a user's time goes to on such a device: prompts and single tokens.
std::vector<WorkloadKind> workload_kinds(const graph::DeviceInfo& device);

/// A workload on a device. Weights and caches are held once, kernels for each set of constants.
class Workload {
 public:
  /// `device` and `programs` must outlive it. Throws as Storage::load() does.
  Workload(const WorkloadKind& kind, const cl::Device& device, cl::ProgramCache& programs);

  /// What would be launched with these constants: equal texts, equal launches.
  std::string launches(const Constants& constants) const;

  /// Makes the kernels for some sets of constants ready and runs each once; before those of the last call go.
  /// Those that do not build or run are left out: seconds() is infinite for them.
  void prepare(const std::vector<Constants>& sets);
  /// How long the device takes for a call with the index-th set: the mean of so many calls that it can be
  /// measured.
  double seconds(size_t index);

 private:
  std::shared_ptr<plan::Plan> lowered(const Constants& constants) const;
  std::unique_ptr<run::Executor> built(const std::shared_ptr<plan::Plan>& plan);
  std::unique_ptr<run::Executor> warm(std::unique_ptr<run::Executor> executor);
  void call(run::Executor& executor, int times) const;

  WorkloadKind kind_;
  const cl::Device* device_;
  cl::ProgramCache* programs_;
  graph::Graph graph_;
  std::optional<run::Storage> storage_;
  int calls_ = 1;                                          ///< that are measured together
  std::vector<std::unique_ptr<run::Executor>> executors_;  ///< one for each set; none where it does not run
};

}  // namespace clinfer::tune

#pragma once

#include <map>
#include <string>

#include "host/cl/program_cache.h"
#include "host/plan/plan.h"

namespace clinfer::run {

/// Says whether the kernels of a step can be trusted: they build, and answered one small question as the
/// reference does. Each variant is asked once for each of its programs on a device; right answers are
/// remembered beside the programs on disk, under a key made of theirs.
class KernelCheck {
 public:
  /// `ask` false: building is enough.
  KernelCheck(cl::ProgramCache& programs, bool ask) : programs_(programs), ask_(ask) {}

  /// Empty, or why the step's variant is not to be used: "does not build: ...", "answers wrongly: ...".
  const std::string& fault_of(const cl::Device& device, const plan::Plan& plan, const plan::Step& step);

 private:
  std::string examine(const cl::Device& device, const plan::Plan& plan, const plan::Step& step);
  std::string ask(const cl::Device& device, const plan::Plan& plan, const plan::Step& step);
  cl::Digest key_of(const cl::Device& device, const plan::Step& step) const;

  cl::ProgramCache& programs_;
  bool ask_;
  std::map<std::string, std::string> faults_;  ///< by variant, programs and device
};

}  // namespace clinfer::run

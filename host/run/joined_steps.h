#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "host/kernels/chain.h"
#include "host/plan/plan.h"

namespace clinfer::run {

/// Steps [first, end) of a plan that one launch on a device can carry out.
struct JoinedSteps {
  size_t first = 0;
  size_t end = 0;
  int device = 0;
  kernels::ChainKind kind = kernels::ChainKind::of_items;
};

/// The rows of steps worth joining, in order: on one device, of launches that its kind of chain takes, or
/// that `as` does.
std::vector<JoinedSteps> joined_steps(const plan::Plan& plan,
                                      const std::function<const graph::DeviceInfo&(int device)>& device,
                                      std::optional<kernels::ChainKind> as);

/// Whether the work of a step's launches may differ between calls of as many tokens and outputs, as
/// attention's does.
bool knows_context(const plan::Plan& plan, const plan::Step& step);

/// Programs that chains of items of the plan will ask for, before anything is bound.
struct ChainProgram {
  int device;
  cl::ProgramSource source;
};
std::vector<ChainProgram> chain_programs(const plan::Plan& plan,
                                         const std::function<const graph::DeviceInfo&(int device)>& device,
                                         std::optional<kernels::ChainKind> as);

}  // namespace clinfer::run

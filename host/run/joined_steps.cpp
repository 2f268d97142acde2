#include "host/run/joined_steps.h"

#include <algorithm>

#include "host/kernels/item_chain.h"

namespace clinfer::run {
namespace {

constexpr size_t kFewest = 4;  ///< launches that are worth a program of their own

int device_of(const plan::Plan& plan, size_t step) {
  return plan.graph.nodes[static_cast<size_t>(plan.steps[step].node)].device;
}

}  // namespace

std::vector<JoinedSteps> joined_steps(const plan::Plan& plan,
                                      const std::function<const graph::DeviceInfo&(int)>& device,
                                      std::optional<kernels::ChainKind> as) {
  std::vector<JoinedSteps> joined;
  for (size_t first = 0; first < plan.steps.size();) {
    const int index = device_of(plan, first);
    const graph::DeviceInfo& info = device(index);
    const auto kind = as ? as : kernels::chain_kind(info);
    const auto takes = [&](const kernels::Launch& launch) {
      return kernels::chain_takes(*kind, info, launch);
    };
    size_t end = first;
    size_t launches = 0;
    for (; kind && end < plan.steps.size() && device_of(plan, end) == index; ++end) {
      const std::vector<kernels::Launch>& of_step = plan.steps[end].prepared.launches;
      if (of_step.empty() || !std::ranges::all_of(of_step, takes)) break;
      launches += of_step.size();
    }
    if (launches >= kFewest) joined.push_back({first, end, index, *kind});
    first = std::max(end, first + 1);
  }
  return joined;
}

std::vector<ChainProgram> chain_programs(const plan::Plan& plan,
                                         const std::function<const graph::DeviceInfo&(int)>& device,
                                         std::optional<kernels::ChainKind> as) {
  std::vector<ChainProgram> programs;
  for (const JoinedSteps& joined : joined_steps(plan, device, as)) {
    if (joined.kind != kernels::ChainKind::of_items) continue;
    std::vector<kernels::BoundLaunch> launches;
    for (size_t step = joined.first; step < joined.end; ++step) {
      for (const kernels::Launch& launch : plan.steps[step].prepared.launches)
        launches.push_back({&launch, {}, {}});
    }
    programs.push_back({joined.device, kernels::item_chain_source(device(joined.device), launches)});
  }
  return programs;
}

}  // namespace clinfer::run

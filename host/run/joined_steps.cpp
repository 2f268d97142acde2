#include "host/run/joined_steps.h"

#include <algorithm>

#include "host/kernels/item_chain.h"

namespace clinfer::run {
namespace {

constexpr size_t kFewest = 4;  ///< launches that are worth a program of their own

int device_of(const plan::Plan& plan, size_t step) {
  return plan.graph.nodes[static_cast<size_t>(plan.steps[step].node)].device;
}

/// Ops whose launches ask for the rows of their operands alone.
template <class... Ops>
bool is_one_of(const graph::Op& op) {
  return (std::holds_alternative<Ops>(op) || ...);
}

bool goes_by_rows(const graph::Op& op) {
  using namespace graph;
  return is_one_of<Embedding, CacheAppend, RmsNorm, LayerNorm, Pointwise, Linear, HeadLinear, Rope, Slice,
                   Concat, Add, Glu, Router, ExpertLinear, ExpertCombine, SelectRows, Quantize, GatedSum>(op);
}

}  // namespace

bool knows_context(const plan::Plan& plan, const plan::Step& step) {
  const graph::Node& node = plan.graph.nodes[static_cast<size_t>(step.node)];
  const auto of_context = [&](graph::ValueId id) {
    const graph::Value& value = plan.graph.value(id);
    return value.cache() == nullptr && value.type.rows.symbol == graph::Symbol::context;
  };
  return !goes_by_rows(node.op) || std::ranges::any_of(node.inputs, of_context) ||
         std::ranges::any_of(node.outputs, of_context);
}

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


#include "host/kernels/weight_layout.h"
#include "host/plan/arena.h"
#include "host/plan/plan.h"
#include "quant/error.h"

namespace clinfer::plan {
namespace {

/// Takes the first variant at or after `from` that supports the node, recording the refusals on the way.
bool choose(Plan& plan, Step& step, const graph::DeviceInfo& device, size_t from, const std::string& forced) {
  const graph::Node& node = plan.graph.nodes[static_cast<size_t>(step.node)];
  const kernels::OpContext context{plan.graph, node, device, plan.most};
  const std::span<const kernels::Variant> variants = kernels::variants_of(node.op);
  for (size_t i = from; i < variants.size(); ++i) {
    const kernels::Variant& variant = variants[i];
    kernels::Support support = variant.supports(context);
    if (support.ok && !forced.empty() && variant.name != forced)
      support = kernels::Support::no("another variant is forced");
    if (support.ok) {
      step.variant = &variant;
      step.prepared = variant.prepare(context);
      return true;
    }
    step.refused.push_back({std::string(variant.name), support.reason});
  }
  step.variant = nullptr;
  return false;
}

void fail(const Plan& plan, const Step& step, const graph::DeviceInfo& device) {
  const graph::Node& node = plan.graph.nodes[static_cast<size_t>(step.node)];
  std::string message = "no kernel for " + std::string(graph::name_of(node.op)) + " (" + node.name + ") on " +
                        device.id + " " + device.name;
  for (const Refusal& refusal : step.refused) message += "; " + refusal.variant + ": " + refusal.reason;
  throw Error(Fault::device, message);
}

std::string forced_variant(const LowerOptions& options, const graph::Op& op) {
  const auto it = options.force_variant.find(graph::name_of(op));
  if (it == options.force_variant.end()) return {};
  std::string known;
  for (const kernels::Variant& variant : kernels::variants_of(op)) {
    if (variant.name == it->second) return it->second;
    known += (known.empty() ? "" : ", ") + std::string(variant.name);
  }
  throw Error(Fault::usage, "runtime.force_variant: " + it->first + " has no variant \"" + it->second +
                                "\"; known: " + known);
}

}  // namespace

Plan lower(graph::Graph graph, const std::vector<graph::DeviceInfo>& devices, const LowerOptions& options) {
  Plan plan;
  plan.phase = options.phase;
  plan.most = options.most;
  plan.graph = std::move(graph);
  for (size_t i = 0; i < plan.graph.nodes.size(); ++i) {
    const graph::Node& node = plan.graph.nodes[i];
    Step step;
    step.node = static_cast<int>(i);
    if (!std::holds_alternative<graph::Copy>(node.op)) {
      const graph::DeviceInfo& device = devices.at(static_cast<size_t>(node.device));
      if (!choose(plan, step, device, 0, forced_variant(options, node.op))) fail(plan, step, device);
    }
    plan.steps.push_back(std::move(step));
  }
  lay_out_arenas(plan, devices);
  return plan;
}

bool take_next_variant(Plan& plan, size_t index, const std::vector<graph::DeviceInfo>& devices,
                       const std::string& reason) {
  Step& step = plan.steps.at(index);
  const graph::Node& node = plan.graph.nodes[static_cast<size_t>(step.node)];
  const std::span<const kernels::Variant> variants = kernels::variants_of(node.op);
  const auto next = static_cast<size_t>(step.variant - variants.data()) + 1;
  step.refused.push_back({std::string(step.variant->name), reason});
  const bool ok = choose(plan, step, devices.at(static_cast<size_t>(node.device)), next, {});
  if (ok) lay_out_arenas(plan, devices);
  return ok;
}

std::vector<DeviceBytes> device_bytes(const Plan& plan, size_t devices) {
  std::vector<DeviceBytes> bytes(devices);
  for (const graph::Value& value : plan.graph.values) {
    DeviceBytes& at = bytes.at(static_cast<size_t>(value.device));
    const auto size = kernels::device_bytes(value, plan.most);
    if (value.weight() != nullptr || value.constant() != nullptr) at.weights += size;
    if (value.cache() != nullptr && value.alias_of < 0) at.caches += size;
  }
  for (size_t d = 0; d < devices; ++d) bytes[d].arena = plan.arena_bytes[d];
  return bytes;
}

}  // namespace clinfer::plan

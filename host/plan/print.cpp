#include "host/plan/print.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "host/plan/step_facts.h"

namespace clinfer::plan {
namespace {

nlohmann::json device_json(const DeviceBytes& bytes, const graph::DeviceInfo& info) {
  return {{"id", info.id},
          {"name", info.name},
          {"weight_bytes", bytes.weights},
          {"cache_bytes", bytes.caches},
          {"arena_bytes", bytes.arena}};
}

}  // namespace

std::string readable_bytes(double bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < std::size(kUnits); ++unit) bytes /= 1024;
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

std::string to_text(const Plan& plan, const std::vector<graph::DeviceInfo>& devices, bool reasons) {
  std::string text = fmt::format(
      "plan {} of graph {}: {} steps, at most {} tokens, {} rows of logits, context {}\n", plan.phase,
      plan.graph.name, plan.steps.size(), plan.most.tokens, plan.most.outputs, plan.most.context);
  const std::vector<DeviceBytes> bytes = device_bytes(plan, devices.size());
  for (size_t d = 0; d < devices.size(); ++d) {
    text += fmt::format("  {} {}: weights {}, caches {}, values {}\n", devices[d].id, devices[d].name,
                        readable_bytes(static_cast<double>(bytes[d].weights)),
                        readable_bytes(static_cast<double>(bytes[d].caches)),
                        readable_bytes(static_cast<double>(bytes[d].arena)));
  }
  for (const Step& step : plan.steps) {
    const graph::Node& node = plan.graph.nodes[static_cast<size_t>(step.node)];
    const StepFacts facts = facts_of(plan, step, plan.most);
    const std::string type = graph::to_string(plan.graph.value(node.outputs.front()).type);
    text += fmt::format("{:4} {} {:28} {:17} {:24} {:>10} {:8.2f} MFLOP  {}\n", step.node,
                        devices[static_cast<size_t>(node.device)].id, facts.variant, facts.format, type,
                        readable_bytes(facts.cost.bytes), facts.cost.flops / 1e6, node.name);
    if (!reasons) continue;
    for (const Refusal& refusal : step.refused)
      text += fmt::format("        not {}: {}\n", refusal.variant, refusal.reason);
  }
  return text;
}

std::string to_json(const Plan& plan, const std::vector<graph::DeviceInfo>& devices) {
  nlohmann::json steps = nlohmann::json::array();
  for (const Step& step : plan.steps) {
    const graph::Node& node = plan.graph.nodes[static_cast<size_t>(step.node)];
    const StepFacts facts = facts_of(plan, step, plan.most);
    nlohmann::json refused = nlohmann::json::array();
    for (const Refusal& refusal : step.refused)
      refused.push_back({{"variant", refusal.variant}, {"reason", refusal.reason}});
    steps.push_back({{"node", node.name},
                     {"op", graph::name_of(node.op)},
                     {"stage", node.stage},
                     {"device", devices[static_cast<size_t>(node.device)].id},
                     {"variant", facts.variant},
                     {"format", facts.format},
                     {"type", graph::to_string(plan.graph.value(node.outputs.front()).type)},
                     {"bytes", facts.cost.bytes},
                     {"flops", facts.cost.flops},
                     {"refused", refused}});
  }
  nlohmann::json list = nlohmann::json::array();
  const std::vector<DeviceBytes> bytes = device_bytes(plan, devices.size());
  for (size_t d = 0; d < devices.size(); ++d) list.push_back(device_json(bytes[d], devices[d]));
  const nlohmann::json root = {
      {"phase", plan.phase},
      {"graph", plan.graph.name},
      {"most",
       {{"tokens", plan.most.tokens}, {"outputs", plan.most.outputs}, {"context", plan.most.context}}},
      {"devices", list},
      {"steps", steps}};
  return root.dump(2);
}

}  // namespace clinfer::plan

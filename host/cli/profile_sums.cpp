#include "host/cli/profile_sums.h"

#include <algorithm>
#include <utility>

namespace clinfer::cli {
namespace {

PlanSums& sums_of(std::vector<PlanSums>& all, const std::shared_ptr<const plan::Plan>& plan) {
  for (PlanSums& sums : all) {
    if (sums.plan == plan) return sums;
  }
  PlanSums fresh;
  fresh.plan = plan;
  return all.emplace_back(std::move(fresh));
}

void add_row(PlanSums& sums, const run::StepSpan& span, const run::CallSpan& call, const SpanWork& work) {
  const plan::Step& step = call.plan->steps[span.first];
  const plan::StepFacts facts = plan::facts_of(*call.plan, step, call.sizes);
  const std::string op(graph::name_of(call.plan->graph.nodes[static_cast<size_t>(step.node)].op));
  auto row = std::ranges::find_if(sums.rows, [&](const ProfileRow& known) {
    return known.op == op && known.variant == facts.variant && known.format == facts.format;
  });
  if (row == sums.rows.end()) {
    sums.rows.push_back({op, facts.variant, facts.format, 0, 0, {}});
    row = sums.rows.end() - 1;
  }
  ++row->steps;
  row->microseconds += span.duration_us;
  row->work.add(work);
}

/// What the device multiplies at most in a second, in numbers of the kind that a node works on.
double peak_of(const plan::Plan& plan, const graph::Node& node, const cl::DeviceSpeed& speed) {
  const bool rounded = !plan.graph.value(node.inputs.front()).type.format.empty();
  return rounded ? std::max(speed.flops, speed.byte_ops) : speed.flops;
}

}  // namespace

void SpanWork::add(const SpanWork& other) {
  bytes_read += other.bytes_read;
  bytes_written += other.bytes_written;
  flops += other.flops;
  least_us += other.least_us;
}

ProfileFacts::ProfileFacts(const run::Profile& profile, std::vector<ProfiledDevice> devices)
    : devices_(std::move(devices)) {
  for (const run::StepSpan& span : profile.steps())
    work_.push_back(work_of(profile.calls()[span.call], span));
}

SpanWork ProfileFacts::work_of(const run::CallSpan& call, const run::StepSpan& span) const {
  const cl::DeviceSpeed& speed = devices_.at(static_cast<size_t>(span.device)).speed;
  SpanWork sum;
  for (size_t i = span.first; i < span.end; ++i) {
    const plan::StepFacts facts = plan::facts_of(*call.plan, call.plan->steps[i], call.sizes);
    const graph::Node& node = call.plan->graph.nodes[static_cast<size_t>(call.plan->steps[i].node)];
    const double seconds = std::max(facts.cost.bytes / speed.bytes_per_second,
                                    facts.cost.flops / peak_of(*call.plan, node, speed));
    sum.add({facts.cost.bytes - facts.bytes_written, facts.bytes_written, facts.cost.flops, seconds * 1e6});
  }
  return sum;
}

std::vector<PlanSums> sum_plans(const run::Profile& profile, const ProfileFacts& facts) {
  std::vector<PlanSums> all;
  std::vector<bool> joined(profile.calls().size(), false);
  for (const run::StepSpan& span : profile.steps()) {
    if (span.end - span.first > 1) joined[span.call] = true;
  }
  for (size_t i = 0; i < joined.size(); ++i) {
    const run::CallSpan& call = profile.calls()[i];
    PlanSums& sums = sums_of(all, call.plan);
    ++(joined[i] ? sums.joined_calls : sums.calls);
    (joined[i] ? sums.joined_call_us : sums.call_us) += call.duration_us;
  }
  for (size_t i = 0; i < profile.steps().size(); ++i) {
    const run::StepSpan& span = profile.steps()[i];
    const run::CallSpan& call = profile.calls()[span.call];
    PlanSums& sums = sums_of(all, call.plan);
    (joined[span.call] ? sums.joined_launch_us : sums.step_us) += span.duration_us;
    if (!joined[span.call]) add_row(sums, span, call, facts.work(i));
  }
  for (PlanSums& sums : all) {
    std::ranges::stable_sort(sums.rows, std::greater<>(), &ProfileRow::microseconds);
  }
  return all;
}

}  // namespace clinfer::cli

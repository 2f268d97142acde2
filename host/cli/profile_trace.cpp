#include "host/cli/profile_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace clinfer::cli {
namespace {

constexpr int kHost = 0;
constexpr int kSteps = 0;
constexpr int kJoined = 1;
constexpr int64_t kMostCalls = 64;  ///< of a plan; a long run's file would be too large to look at

int process_of(int device) {
  return device + 1;
}

nlohmann::json name_event(const char* what, int process, int thread, const std::string& name) {
  return {{"ph", "M"}, {"name", what}, {"pid", process}, {"tid", thread}, {"args", {{"name", name}}}};
}

nlohmann::json event(const std::string& name, const std::string& category, int process, int thread,
                     double start_us, double duration_us, nlohmann::json args) {
  return {{"ph", "X"},     {"name", name},   {"cat", category},    {"pid", process},
          {"tid", thread}, {"ts", start_us}, {"dur", duration_us}, {"args", std::move(args)}};
}

nlohmann::json work_args(const SpanWork& work, double microseconds) {
  nlohmann::json args = {
      {"bytes_read", work.bytes_read}, {"bytes_written", work.bytes_written}, {"flop", work.flops}};
  if (microseconds <= 0) return args;
  args["gb_per_s"] = work.bytes() / microseconds / 1e3;
  args["gflop_per_s"] = work.flops / microseconds / 1e3;
  args["roofline"] = work.least_us / microseconds;
  return args;
}

nlohmann::json step_event(const run::CallSpan& call, const run::StepSpan& span, const SpanWork& work) {
  nlohmann::json args = work_args(work, span.duration_us);
  args["call"] = span.call;
  args["launches"] = span.launches;
  if (span.end - span.first > 1) {
    args["steps"] = span.end - span.first;
    return event(call.plan->phase + ", joined", "joined", process_of(span.device), kJoined, span.start_us,
                 span.duration_us, std::move(args));
  }
  const plan::Step& step = call.plan->steps[span.first];
  const graph::Node& node = call.plan->graph.nodes[static_cast<size_t>(step.node)];
  const plan::StepFacts facts = plan::facts_of(*call.plan, step, call.sizes);
  args["step"] = span.first;
  args["node"] = node.name;
  args["op"] = graph::name_of(node.op);
  args["variant"] = facts.variant;
  if (!facts.format.empty()) args["format"] = facts.format;
  args["workers"] = span.workers;
  return event(facts.variant, std::string(graph::name_of(node.op)), process_of(span.device), kSteps,
               span.start_us, span.duration_us, std::move(args));
}

nlohmann::json call_event(const run::CallSpan& call, size_t index) {
  const std::string name = fmt::format("{} of {}", call.plan->phase, call.sizes.tokens);
  return event(name, "call", kHost, 0, call.start_us, call.duration_us,
               {{"call", index},
                {"graph", call.plan->graph.name},
                {"tokens", call.sizes.tokens},
                {"outputs", call.sizes.outputs},
                {"context", call.sizes.context}});
}

nlohmann::json counter(const char* name, int process, double at_us, double value) {
  return {{"ph", "C"}, {"name", name}, {"pid", process},
          {"tid", 0},  {"ts", at_us},  {"args", {{name, value}}}};
}

/// Whether each call is among the first of its plan.
std::vector<bool> shown_calls(const run::Profile& profile) {
  std::map<const plan::Plan*, int64_t> seen;
  std::vector<bool> shown;
  for (const run::CallSpan& call : profile.calls()) shown.push_back(++seen[call.plan.get()] <= kMostCalls);
  return shown;
}

void add_names(const run::Profile& profile, const ProfileFacts& facts, nlohmann::json& events) {
  events.push_back(name_event("process_name", kHost, 0, "host"));
  int threads = 1;
  for (const run::HostSpan& span : profile.host()) threads = std::max(threads, span.thread + 1);
  for (int t = 0; t < threads; ++t)
    events.push_back(name_event("thread_name", kHost, t, t == 0 ? "main" : fmt::format("builder {}", t)));
  for (size_t d = 0; d < facts.devices().size(); ++d) {
    const graph::DeviceInfo& info = facts.devices()[d].info;
    const int process = process_of(static_cast<int>(d));
    events.push_back(name_event("process_name", process, 0, info.id + " " + info.name));
    events.push_back(name_event("thread_name", process, kSteps, "steps"));
    events.push_back(name_event("thread_name", process, kJoined, "joined launches"));
  }
}

void add_host(const run::Profile& profile, nlohmann::json& events) {
  for (const run::HostSpan& span : profile.host()) {
    nlohmann::json args = nlohmann::json::object();
    if (!span.detail.empty()) args["of"] = span.detail;
    events.push_back(
        event(span.what, "host", kHost, span.thread, span.start_us, span.duration_us, std::move(args)));
  }
}

/// Calls, their steps, and after each the bytes a second that it moved and how full the context is.
void add_calls(const run::Profile& profile, const ProfileFacts& facts, const std::vector<bool>& shown,
               nlohmann::json& events) {
  std::vector<std::map<int, double>> moved(shown.size());
  for (size_t i = 0; i < profile.steps().size(); ++i) {
    const run::StepSpan& span = profile.steps()[i];
    if (!shown[span.call]) continue;
    events.push_back(step_event(profile.calls()[span.call], span, facts.work(i)));
    moved[span.call][span.device] += facts.work(i).bytes();
  }
  for (size_t i = 0; i < shown.size(); ++i) {
    const run::CallSpan& call = profile.calls()[i];
    if (!shown[i]) continue;
    events.push_back(call_event(call, i));
    events.push_back(counter("context", kHost, call.start_us, static_cast<double>(call.sizes.context)));
    for (const auto& [device, bytes] : moved[i]) {
      if (call.duration_us > 0)
        events.push_back(counter("GB/s", process_of(device), call.start_us, bytes / call.duration_us / 1e3));
    }
  }
}

nlohmann::json other_data(const ProfileFacts& facts, const std::vector<bool>& shown) {
  nlohmann::json devices = nlohmann::json::array();
  for (const ProfiledDevice& device : facts.devices()) {
    devices.push_back({{"id", device.info.id},
                       {"name", device.info.name},
                       {"driver", device.info.driver_version},
                       {"bytes_per_second", device.speed.bytes_per_second},
                       {"flops_per_second", device.speed.flops},
                       {"byte_ops_per_second", device.speed.byte_ops}});
  }
  return {{"devices", devices},
          {"calls_left_out", std::count(shown.begin(), shown.end(), false)},
          {"times",
           "events of launches, the host's clock for joined ones, which take turns with calls step by step"}};
}

}  // namespace

std::string profile_trace(const run::Profile& profile, const ProfileFacts& facts) {
  const std::vector<bool> shown = shown_calls(profile);
  nlohmann::json events = nlohmann::json::array();
  add_names(profile, facts, events);
  add_host(profile, events);
  add_calls(profile, facts, shown, events);
  const nlohmann::json root = {
      {"displayTimeUnit", "ms"}, {"otherData", other_data(facts, shown)}, {"traceEvents", std::move(events)}};
  return root.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace clinfer::cli

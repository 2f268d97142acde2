#include "host/cli/report_steps.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>

#include "graph/parameters.h"
#include "host/cli/progress.h"
#include "host/cli/scored_text.h"
#include "host/cli/setup.h"
#include "host/report/agreement.h"
#include "host/report/attribution.h"
#include "host/report/speed.h"
#include "host/run/format_check.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

config::RunConfig fitted(config::RunConfig config, const ReportPlan& plan) {
  fit_windows(plan.windows, config);
  if (plan.draft) config.speculative.method = config::SpeculativeMethod::mtp;
  return config;
}

LoadedModel load(const config::RunConfig& config, const ReportPlan& plan) {
  const config::RunConfig own = fitted(config, plan);
  return load_model(own, open_weights(own),
                    {.prefill_outputs = report::rows_of_call(plan.windows, own.runtime.batch_tokens)});
}

void add_model(const LoadedModel& model, report::Identity& identity) {
  identity.family = model.engine->model().family;
  identity.parameters = graph::count_parameters(model.engine->model().main).total;
  identity.file_bytes = static_cast<int64_t>(model.checkpoint->file_bytes());
  for (const graph::DeviceInfo& info : model.engine->options().devices)
    identity.devices.push_back(info.id + " " + info.name + ", driver " + info.driver_version);
}

void add_kernels(const run::Engine& engine, std::vector<std::string>& kernels) {
  std::set<std::string> all(kernels.begin(), kernels.end());
  for (std::string& name : report::kernels_of(engine)) all.insert(std::move(name));
  kernels.assign(all.begin(), all.end());
}

report::WindowProgress drawn_on(ProgressBar& bar) {
  return [&bar](int64_t done, int64_t total) { bar.update(done, total); };
}

/// Each kernel and each format once in a report.
void examine(const LoadedModel& model, ReportPlan& plan, report::Report& report) {
  if (plan.sections.contains(report::Section::kernels)) {
    for (run::KernelError& error : run::kernel_errors(*model.engine, *model.programs, plan.asked))
      report.kernel_errors.push_back(std::move(error));
  }
  if (!plan.sections.contains(report::Section::conformance)) return;
  std::set<std::string> formats;
  for (const graph::Value& value : model.engine->plans().list.front()->graph.values) {
    if (value.weight() != nullptr && !value.weight()->vector) formats.insert(value.weight()->format);
  }
  for (size_t d = 0; d < model.engine->options().devices.size(); ++d) {
    const cl::Device& device = model.engine->device(d);
    for (const std::string& format : formats) {
      if (!plan.asked.insert(device.info().id + "|format|" + format).second) continue;
      run::FormatCheck check = run::check_format(device, *model.programs, format);
      report.conformance.push_back(
          {device.info().id, format, check.values, check.mismatches, std::move(check.fault)});
    }
  }
}

/// The same rows by the same kernels again, and by those of decoding.
void compare_itself(run::Engine& engine, const report::Windows& windows, report::Report& report) {
  const report::LogitRows once = report::some_rows(engine, windows, engine.batch_tokens());
  const report::LogitRows again = report::some_rows(engine, windows, engine.batch_tokens());
  const report::LogitRows decode = report::some_rows(engine, windows, kernels::kSmallBatch);
  report.agreements.push_back(report::compare_rows("the same run again", once, again));
  report.agreements.push_back(
      report::compare_rows("kernels of decoding beside those of prompts", once, decode));
}

report::Estimate divergence(const config::RunConfig& config, const std::string& label, const ReportPlan& plan,
                            const report::BaseRun& base) {
  spdlog::info("attribution: {}", label);
  const LoadedModel model = load(config, plan);
  ProgressBar bar(label);
  return report::run_candidate(*model.engine, plan.windows, base, drawn_on(bar)).kl;
}

/// Two runs that differ from base and candidate in one part.
struct PartRuns {
  config::RunConfig alone;
  config::RunConfig rest;
};

PartRuns role_runs(const config::RunConfig& base, const config::RunConfig& own,
                   const std::vector<std::string>& roles, const std::string& role) {
  PartRuns runs{own, own};
  runs.alone.kv_cache.format = base.kv_cache.format;
  runs.alone.activations.format = base.activations.format;
  for (const std::string& other : roles) {
    if (other != role) runs.alone.weights.ignore.push_back(other);
  }
  runs.rest.weights.ignore.push_back(role);
  return runs;
}

/// They are quantised only beside quantised weights: their part is what they add to the whole.
report::AttributedPart added_by_activations(config::RunConfig own, const config::RunConfig& unchanged,
                                            const report::CandidateResult& result, const ReportPlan& plan,
                                            const report::BaseRun& base) {
  own.activations.format = unchanged.activations.format;
  const report::Estimate rest = divergence(own, "all but activations", plan, base);
  const report::Estimate& whole = result.comparison.kl;
  report::Estimate added = whole;
  added.mean = whole.mean - rest.mean;
  added.standard_error = std::hypot(whole.standard_error, rest.standard_error);
  return {"activations", added, rest.mean, 0};
}

}  // namespace

void check_run(const std::string& key, const ReportRun& run, const ReportPlan& plan,
               const io::Checkpoint& checkpoint, const DeviceChoice& devices) {
  report::check_runnable(key, run.loaded.config.weights.format);
  try {
    run::make_plans(checkpoint, engine_options(fitted(run.loaded.config, plan), devices));
  } catch (const Error& error) {
    throw Error(error.fault(), key + ": " + error.what());
  }
}

report::BaseRun measure_base(const ReportRun& run, ReportPlan& plan, report::Report& report) {
  const LoadedModel model = load(run.loaded.config, plan);
  add_model(model, report.identity);
  add_kernels(*model.engine, report.kernels);
  ProgressBar bar("base");
  report::BaseRun base = report::run_base(*model.engine, plan.windows, drawn_on(bar));
  report.base_perplexity = base.perplexity;
  report.base_tail_mass = base.tail_mass;
  report::run_base_sections(*model.engine, plan.windows, plan.sections, base, report);
  if (plan.sections.contains(report::Section::determinism))
    compare_itself(*model.engine, plan.windows, report);
  examine(model, plan, report);
  return base;
}

report::CandidateResult measure_candidate(const ReportRun& run, ReportPlan& plan, const report::BaseRun& base,
                                          report::Report& report) {
  const std::string& name = run.candidate.name;
  spdlog::info("{}", name);
  report::CandidateResult result;
  result.candidate = run.candidate;
  const LoadedModel model = load(run.loaded.config, plan);
  ProgressBar text_bar(name);
  result.comparison = report::run_candidate(*model.engine, plan.windows, base, drawn_on(text_bar));
  text_bar.finish();
  ProgressBar tensor_bar(name + ", tensors");
  report::measure_weights(*model.engine, *model.checkpoint, base.inputs, drawn_on(tensor_bar), result);
  tensor_bar.finish();
  report::run_candidate_sections(*model.engine, plan.windows, plan.sections, base, result);
  if (plan.repetitions > 0) result.speed = report::measure_speed(*model.engine, plan.repetitions);
  add_kernels(*model.engine, report.kernels);
  examine(model, plan, report);
  return result;
}

void compare_second_device(const ReportRun& run, const ReportPlan& plan, const std::string& selector,
                           report::Report& report) {
  if (selector == "none") return;
  config::RunConfig config = run.loaded.config;
  config.placement.clear();
  const std::string first = choose_devices(config, 0).devices.front().id;
  std::string second = selector;
  for (const graph::DeviceInfo& info : cl::list_devices().devices) {
    if (second.empty() && info.usable && info.id != first) second = info.id;
  }
  if (second.empty()) {
    report.absent.push_back("determinism: there is no second device to compare with");
    return;
  }
  const auto rows_on = [&](const std::string& device) {
    config.device = device;
    spdlog::info("base on {}", device);
    const LoadedModel model = load(config, plan);
    return report::some_rows(*model.engine, plan.windows, model.engine->batch_tokens());
  };
  const report::LogitRows own = rows_on(first);
  const report::LogitRows other = rows_on(second);
  report.agreements.push_back(report::compare_rows(first + " beside " + second, own, other));
}

void attribute(const ReportRun& base_run, const ReportRun& run, const report::CandidateResult& result,
               const ReportPlan& plan, const report::BaseRun& base, report::Report& report) {
  const config::RunConfig& unchanged = base_run.loaded.config;
  const config::RunConfig& own = run.loaded.config;
  const std::vector<std::string> roles = report::converted_roles(result);
  report::Attribution attribution{run.candidate.name, result.comparison.kl.mean, {}};
  const auto add = [&](const std::string& name, const PartRuns& runs, int64_t saved) {
    report::AttributedPart part{name, divergence(runs.alone, "only " + name, plan, base), 0, saved};
    part.rest = divergence(runs.rest, "all but " + name, plan, base).mean;
    attribution.parts.push_back(part);
  };
  const bool cache = own.kv_cache.format != unchanged.kv_cache.format;
  const bool activations = own.activations.format != unchanged.activations.format;
  if (roles.size() + (cache ? 1 : 0) + (activations ? 1 : 0) < 2) {
    report.absent.push_back("attribution: " + run.candidate.name + " changes one part of the model at most");
    return;
  }
  for (const std::string& role : roles)
    add(role, role_runs(unchanged, own, roles, role), report::bytes_saved(result, report.base_sizes, role));
  if (cache) {
    PartRuns runs{unchanged, own};
    runs.alone.kv_cache.format = own.kv_cache.format;
    runs.rest.kv_cache.format = unchanged.kv_cache.format;
    add("kv cache", runs, 0);
  }
  if (activations) attribution.parts.push_back(added_by_activations(own, unchanged, result, plan, base));
  report.attribution = std::move(attribution);
}

}  // namespace clinfer::cli

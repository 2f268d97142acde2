#include "host/report/measure.h"

#include <fmt/format.h>

#include <set>
#include <string>

#include "graph/parameters.h"
#include "host/report/activation_error.h"
#include "host/report/draft_agreement.h"
#include "host/report/roles.h"
#include "host/report/theory.h"
#include "quant/error.h"

namespace clinfer::report {
namespace {

constexpr const char* kKeep = "keep";

void add_theory(CandidateResult& result) {
  double signal = 0;
  double noise = 0;
  std::set<std::string> formats;  // rules may give parts of the model different ones
  for (const TensorError& tensor : result.tensors) {
    if (tensor.stored == tensor.held) continue;
    ++result.converted;
    formats.insert(tensor.held);
    signal += tensor.signal;
    noise += tensor.noise;
  }
  result.converted_sqnr_db = sqnr_db(signal, noise);
  if (result.converted == 0) {
    result.verdict = "weights as stored";
    return;
  }
  if (formats.size() > 1) {
    result.verdict = fmt::format("{:.2f} dB over {} formats", result.converted_sqnr_db, formats.size());
    return;
  }
  result.theory = simulate(*quant::find_format(*formats.begin()));
  result.verdict = verdict_of(*result.theory, result.converted_sqnr_db);
}

}  // namespace

BaseRun run_base(run::Engine& engine, const Windows& windows, const WindowProgress& progress) {
  BaseRun base;
  std::vector<double> losses;
  base.rows.reserve(static_cast<size_t>(windows.rows()));
  const RowSink sink = [&](int64_t, int32_t next, std::span<const float> logits) {
    const BaseRow& row = base.rows.emplace_back(keep_row(logits, next));
    losses.push_back(row.log_sum_exp - row.next_logit);
    if (!row.whole) base.tail_mass += (1 - row.kept_mass()) / static_cast<double>(windows.rows());
  };
  score_rows(engine, windows, sink, progress);
  base.perplexity = perplexity(losses);
  return base;
}

Comparison run_candidate(run::Engine& engine, const Windows& windows, const BaseRun& base,
                         const WindowProgress& progress) {
  std::vector<RowComparison> rows;
  rows.reserve(base.rows.size());
  const RowSink sink = [&](int64_t row, int32_t, std::span<const float> logits) {
    rows.push_back(compare_row(base.rows.at(static_cast<size_t>(row)), logits));
  };
  score_rows(engine, windows, sink, progress);
  return compare(rows, windows);
}

void run_base_sections(run::Engine& engine, const Windows& windows, const Sections& sections, BaseRun& base,
                       Report& report) {
  const bool looks_at_activations = sections.contains(Section::activations);
  if (looks_at_activations || sections.contains(Section::propagation) ||
      sections.contains(Section::routing)) {
    ActivationMeter meter;
    base.trace = take_trace(engine, windows, [&](const run::StepView& view) {
      base.inputs.see(view);
      if (looks_at_activations) meter.see(view);
    });
    report.activations = meter.errors();
    report.activation_shapes = meter.shapes();
  }
  if (sections.contains(Section::needle)) {
    base.haystacks = make_haystacks(windows);
    base.needle_rows = run_needle_base(engine, base.haystacks);
    if (!base.haystacks.empty()) report.base_needle = needle_of_base(base.haystacks, base.needle_rows);
  }
  if (sections.contains(Section::generation)) base.texts = write_greedily(engine, windows);
  if (engine.has_draft()) report.base_draft = draft_agreement(engine, windows);
  report.base_sizes = sizes_of(engine.plans().list.front()->graph);
}

void run_candidate_sections(run::Engine& engine, const Windows& windows, const Sections& sections,
                            const BaseRun& base, CandidateResult& result) {
  if (sections.contains(Section::propagation) || sections.contains(Section::routing)) {
    const Trace trace = take_trace(engine, windows);
    if (sections.contains(Section::propagation)) result.propagation = propagation_of(base.trace, trace);
    if (sections.contains(Section::routing)) result.routing = routing_of(base.trace, trace);
  }
  if (!base.haystacks.empty()) result.needle = run_needle(engine, base.haystacks, base.needle_rows);
  if (!base.texts.empty()) result.generation = compare_greedy(engine, base.texts);
  if (engine.has_draft()) result.draft = draft_agreement(engine, windows);
}

void measure_weights(const run::Engine& engine, const io::Checkpoint& checkpoint, const LinearInputs& inputs,
                     const TensorProgress& progress, CandidateResult& result) {
  const graph::Graph& graph = engine.plans().list.front()->graph;
  result.tensors = weight_errors(graph, checkpoint, inputs, progress);
  result.sizes = sizes_of(graph);
  result.cache_bytes_per_token = graph::cache_bytes_per_token(graph);
  for (size_t device = 0; device < engine.options().devices.size(); ++device)
    result.device_bytes += engine.bytes_on(device);
  add_theory(result);
}

std::vector<std::string> kernels_of(const run::Engine& engine) {
  std::set<std::string> names;
  for (const auto& plan : engine.plans().list) {
    for (const plan::Step& step : plan->steps) {
      if (step.variant != nullptr) names.emplace(step.variant->name);
    }
  }
  return {names.begin(), names.end()};
}

void check_runnable(const std::string& key, const std::string& weights) {
  if (weights == kKeep) return;
  const quant::Format* format = quant::find_format(weights);
  if (format != nullptr && format->on_device) return;
  std::string known = kKeep;
  for (const quant::Format& runnable : quant::device_formats()) known += ", " + std::string(runnable.name);
  const std::string why = format == nullptr ? " is not a format" : " has no kernel that computes with it";
  throw Error(Fault::usage, key + ": " + weights + why + "; expected one of: " + known);
}

}  // namespace clinfer::report

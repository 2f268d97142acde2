#pragma once

#include <string>
#include <vector>

#include "host/report/base_logits.h"
#include "host/report/data.h"
#include "host/report/generation.h"
#include "host/report/linear_inputs.h"
#include "host/report/needle.h"
#include "host/report/score.h"
#include "host/report/sections.h"
#include "host/report/trace.h"
#include "host/report/weight_error.h"

namespace clinfer::report {

/// What is kept of the base's run.
struct BaseRun {
  std::vector<BaseRow> rows;
  Perplexity perplexity;
  double tail_mass = 0;  ///< mean probability outside the kept logits
  Trace trace;           ///< empty unless a section needs it, as all below
  std::vector<Haystack> haystacks;
  std::vector<BaseRow> needle_rows;
  std::vector<GreedyText> texts;
  LinearInputs inputs;
};

BaseRun run_base(run::Engine& engine, const Windows& windows, const WindowProgress& progress);

/// Scores the text and compares it with the base's run of the same windows.
Comparison run_candidate(run::Engine& engine, const Windows& windows, const BaseRun& base,
                         const WindowProgress& progress);

/// What the sections need of the base, after its run of the windows; what the base alone is asked goes into
/// the report.
void run_base_sections(run::Engine& engine, const Windows& windows, const Sections& sections, BaseRun& base,
                       Report& report);

/// The sections that compare a candidate with the base.
void run_candidate_sections(run::Engine& engine, const Windows& windows, const Sections& sections,
                            const BaseRun& base, CandidateResult& result);

/// All that needs no text: errors of the weights, sizes, theory and verdict.
/// `inputs`: the base's, on which the matrices' own errors are taken; may be empty.
void measure_weights(const run::Engine& engine, const io::Checkpoint& checkpoint, const LinearInputs& inputs,
                     const TensorProgress& progress, CandidateResult& result);

/// Names of the kernel variants in the engine's plans, sorted, each once.
std::vector<std::string> kernels_of(const run::Engine& engine);

/// Throws Error(Fault::usage) that begins with `key` unless `weights` is "keep" or a format that kernels can
/// compute with.
void check_runnable(const std::string& key, const std::string& weights);

}  // namespace clinfer::report

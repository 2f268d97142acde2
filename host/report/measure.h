#pragma once

#include <string>
#include <vector>

#include "host/report/base_logits.h"
#include "host/report/data.h"
#include "host/report/score.h"
#include "host/report/weight_error.h"

namespace clinfer::report {

/// What is kept of the base's run.
struct BaseRun {
  std::vector<BaseRow> rows;
  Perplexity perplexity;
  double tail_mass = 0;  ///< mean probability outside the kept logits
};

BaseRun run_base(run::Engine& engine, const Windows& windows, const WindowProgress& progress);

/// Scores the text and compares it with the base's run of the same windows.
Comparison run_candidate(run::Engine& engine, const Windows& windows, const BaseRun& base,
                         const WindowProgress& progress);

/// All that needs no text: errors of the weights, sizes, theory and verdict.
void measure_weights(const run::Engine& engine, const io::Checkpoint& checkpoint,
                     const TensorProgress& progress, CandidateResult& result);

/// Names of the kernel variants in the engine's plans, sorted, each once.
std::vector<std::string> kernels_of(const run::Engine& engine);

/// Throws Error(Fault::usage) that begins with `key` unless `weights` is "keep" or a format that kernels can
/// compute with.
void check_runnable(const std::string& key, const std::string& weights);

}  // namespace clinfer::report

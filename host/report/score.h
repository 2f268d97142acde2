#pragma once

#include <functional>
#include <span>

#include "host/report/windows.h"
#include "host/run/engine.h"

namespace clinfer::report {

/// A scored row: its number among all scored rows of the text, the token that came next, the logits [vocab].
using RowSink = std::function<void(int64_t row, int32_t next, std::span<const float> logits)>;

/// Windows done so far, and in all.
using WindowProgress = std::function<void(int64_t done, int64_t total)>;

/// Most rows of logits that a call of `batch_tokens` may be asked for: EngineOptions::prefill_outputs.
int64_t rows_of_call(const Windows& windows, int64_t batch_tokens);

/// Runs the windows in order and gives every scored row to the sink. The engine's context must hold a window.
void score_rows(run::Engine& engine, const Windows& windows, const RowSink& sink,
                const WindowProgress& progress);

/// -log p of each scored token, natural logarithm.
std::vector<double> negative_log_likelihoods(run::Engine& engine, const Windows& windows,
                                             const WindowProgress& progress);

}  // namespace clinfer::report

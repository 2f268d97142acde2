#pragma once

#include <functional>
#include <span>

#include "host/run/engine.h"

namespace clinfer::report {

/// A row of logits and its index among the ids.
using PassageSink = std::function<void(int64_t row, std::span<const float> logits)>;

/// Runs ids from an empty cache, in calls of the engine's batch, and gives the logits of rows [first, end) to
/// the sink. The engine must have been made for as many rows a call: EngineOptions::prefill_outputs.
void run_passage(run::Engine& engine, std::span<const int32_t> ids, int64_t first, int64_t end,
                 const PassageSink& sink);

}  // namespace clinfer::report

#pragma once

#include "host/report/data.h"
#include "host/run/engine.h"

namespace clinfer::report {

/// Measures prompt tokens a second (one batch from an empty cache) and generated ones (from half of the
/// context on), after a warm-up of each.
Speed measure_speed(run::Engine& engine, int64_t repetitions);

}  // namespace clinfer::report

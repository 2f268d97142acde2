#pragma once

#include "host/report/data.h"

namespace clinfer::report {

/// What a candidate misses, one line a limit; empty when it passes.
std::vector<std::string> gate_failures(const Gate& gate, const Comparison& comparison);

/// Fills what follows from the measurements: gate failures, knee and winner.
void conclude(Report& report);

/// Whether a candidate fails the gate.
bool fails_gate(const Report& report);

}  // namespace clinfer::report

#pragma once

#include <vector>

#include "host/report/section_data.h"
#include "host/report/windows.h"
#include "host/run/engine.h"

namespace clinfer::report {

/// A text that the base writes greedily.
struct GreedyText {
  std::vector<int32_t> prompt;
  std::vector<int32_t> ids;     ///< what follows
  std::vector<double> margins;  ///< by how much each was more likely than the second, nats
};

/// Lets the base go on from the first tokens of some windows. Empty when windows are too short.
std::vector<GreedyText> write_greedily(run::Engine& engine, const Windows& windows);

/// Where a candidate's greedy texts leave the base's.
Generation compare_greedy(run::Engine& engine, const std::vector<GreedyText>& base);

}  // namespace clinfer::report

#pragma once

#include <cstdint>
#include <vector>

namespace clinfer::graph {

/// Writes to ids[0, count) the indices of the `count` highest scores, of equal ones the lower index first, in
/// rising order (so that what is summed over them has one order); -1 behind them where there are fewer
/// scores.
void choose_highest(const std::vector<double>& scores, int64_t count, double* ids);

}  // namespace clinfer::graph

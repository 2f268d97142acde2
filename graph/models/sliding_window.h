#pragma once

#include <cstdint>
#include <vector>

#include "graph/meta.h"

namespace clinfer::graph {

/// Each layer's sliding window in tokens, 0 for none, as Qwen configurations say it: use_sliding_window, then
/// layer_types where it is given, else the layers from max_window_layers on.
std::vector<int64_t> read_windows(const Meta& config, int64_t layers);

}  // namespace clinfer::graph

#include "graph/models/sliding_window.h"

#include <string>

#include "graph/models/limits.h"

namespace clinfer::graph {
namespace {

bool slides(const Meta& config, const std::string& type) {
  const bool sliding = type == "sliding_attention";
  require_key(config, sliding || type == "full_attention", "layer_types",
              "must be full_attention or sliding_attention, got \"" + type + "\"");
  return sliding;
}

}  // namespace

std::vector<int64_t> read_windows(const Meta& config, int64_t layers) {
  std::vector<int64_t> windows(static_cast<size_t>(layers), 0);
  if (!config.boolean_or("use_sliding_window", false) || !config.has("sliding_window")) return windows;
  const int64_t window = config.integer("sliding_window", 1, kMaxPositions);
  if (config.has("layer_types")) {
    const std::vector<std::string> types = config.strings("layer_types");
    require_key(config, static_cast<int64_t>(types.size()) == layers, "layer_types",
                "must have num_hidden_layers entries");
    for (size_t i = 0; i < types.size(); ++i) windows[i] = slides(config, types[i]) ? window : 0;
  } else {
    const int64_t first = config.integer_or("max_window_layers", 28, 0, kMaxLayers);
    for (int64_t i = first; i < layers; ++i) windows[static_cast<size_t>(i)] = window;
  }
  return windows;
}

}  // namespace clinfer::graph

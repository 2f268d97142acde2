#include "graph/models/qwen2.h"

#include "graph/models/dense_decoder.h"
#include "graph/models/limits.h"

namespace clinfer::graph {
namespace {

/// Layers that attend through a window: layer_types where it is given, else those from max_window_layers on.
std::vector<int64_t> read_windows(const Meta& config, int64_t layers) {
  std::vector<int64_t> windows(static_cast<size_t>(layers), 0);
  if (!config.boolean_or("use_sliding_window", false) || !config.has("sliding_window")) return windows;
  const int64_t window = config.integer("sliding_window", 1, kMaxPositions);
  if (config.has("layer_types")) {
    const std::vector<std::string> types = config.strings("layer_types");
    require_key(config, static_cast<int64_t>(types.size()) == layers, "layer_types",
                "must have num_hidden_layers entries");
    for (size_t i = 0; i < types.size(); ++i) windows[i] = types[i] == "sliding_attention" ? window : 0;
  } else {
    const int64_t first = config.integer_or("max_window_layers", 28, 0, kMaxLayers);
    for (int64_t i = first; i < layers; ++i) windows[static_cast<size_t>(i)] = window;
  }
  return windows;
}

}  // namespace

/// Qwen2 and Qwen2.5 (Yang et al. 2024): biases on q, k and v that no key announces.
Model build_qwen2(const Meta& config, const BuildOptions&) {
  DenseDecoder spec = read_dense_decoder(config);
  spec.qkv_bias = true;
  spec.windows = read_windows(config, spec.layers);
  return build_dense_decoder(spec);
}

}  // namespace clinfer::graph

#include "graph/models/sliding_window.h"

#include <string>

#include "graph/models/limits.h"

namespace clinfer::graph {

int64_t read_window(const Meta& config) {
  return config.integer_or("sliding_window", 0, 1, kMaxPositions);
}

int64_t need_window(const Meta& config) {
  require_key(config, config.has("sliding_window"), "sliding_window", "is missing beside sliding layers");
  return read_window(config);
}

std::vector<bool> sliding_layers(const Meta& config, int64_t layers, int64_t pattern) {
  std::vector<bool> sliding;
  if (!config.has("layer_types")) {
    for (int64_t i = 0; i < layers; ++i) sliding.push_back(pattern == 0 || (i + 1) % pattern != 0);
    return sliding;
  }
  const std::vector<std::string> types = config.strings("layer_types");
  require_key(config, static_cast<int64_t>(types.size()) == layers, "layer_types",
              "must have num_hidden_layers entries");
  for (const std::string& type : types) {
    sliding.push_back(type == "sliding_attention");
    require_key(config, sliding.back() || type == "full_attention", "layer_types",
                "must be full_attention or sliding_attention, got \"" + type + "\"");
  }
  return sliding;
}

std::vector<bool> rotating_layers(const Meta& config, int64_t layers) {
  const int64_t every = config.integer_or("no_rope_layer_interval", 4, 1, kMaxLayers);
  std::vector<bool> rotates;
  if (config.has("no_rope_layers")) {
    for (const int64_t rotary : config.integers("no_rope_layers")) rotates.push_back(rotary != 0);
  }
  if (rotates.empty()) {
    for (int64_t i = 0; i < layers; ++i) rotates.push_back((i + 1) % every != 0);
  }
  require_key(config, static_cast<int64_t>(rotates.size()) == layers, "no_rope_layers",
              "must have num_hidden_layers entries");
  return rotates;
}

void read_qwen_windows(const Meta& config, Decoder& s) {
  if (!config.boolean_or("use_sliding_window", false)) return;
  const int64_t window = need_window(config);
  const int64_t first = config.integer_or("max_window_layers", 28, 0, kMaxLayers);
  const std::vector<bool> listed = sliding_layers(config, s.layers, 0);
  for (int64_t i = 0; i < s.layers; ++i) {
    const auto at = static_cast<size_t>(i);
    const bool slides = config.has("layer_types") ? listed[at] : i >= first;
    if (slides) s.kinds[at].window = window;
  }
}

}  // namespace clinfer::graph

#include "graph/models/builders.h"
#include "graph/models/limits.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {

/// EXAONE 4 (LG 2025): norms behind the sub-layers; with a window three sliding layers and a full one in
/// turn, and the full ones know no positions.
Model build_exaone4(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  s.around_attention = {"", "post_attention_layernorm"};
  s.around_mlp = {"", "post_feedforward_layernorm"};
  s.grouped().qk_norm = QkNorm::head;
  const int64_t window = read_window(config);
  if (window == 0) return build_decoder(s);
  require_key(config, config.has("layer_types") || config.has("sliding_window_pattern"), "layer_types",
              "is missing beside sliding_window");
  const int64_t pattern =
      config.has("layer_types") ? 0 : config.integer("sliding_window_pattern", 1, kMaxLayers);
  const std::vector<bool> sliding = sliding_layers(config, s.layers, pattern);
  for (size_t i = 0; i < sliding.size(); ++i)
    s.kinds[i] = sliding[i] ? LayerKind{.window = window} : LayerKind{.rotary = -1};
  return build_decoder(s);
}

}  // namespace clinfer::graph

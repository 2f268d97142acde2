#include "graph/models/builders.h"
#include "graph/models/limits.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {
namespace {

/// Attention and feed-forward side by side behind one LayerNorm without bias; neighbouring pairs; scaled
/// logits.
Decoder read_cohere(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  s.norm = {.kind = NormKind::layer, .eps = read_eps(config, "layer_norm_eps", 1e-5)};
  s.parallel = true;
  s.tied = config.boolean_or("tie_word_embeddings", true);
  s.logit_scale = read_factor(config, "logit_scale", 0.0625);
  GroupedAttentionBlock& a = s.grouped();
  a.pairing = RopePairing::interleaved;
  a.norm = s.norm;
  a.qkv_bias = a.output_bias = config.boolean_or("attention_bias", false);
  return s;
}

}  // namespace

/// Command R (Cohere 2024).
Model build_cohere(const Meta& config, const BuildOptions& options) {
  Decoder s = read_cohere(config, options);
  if (config.boolean_or("use_qk_norm", false)) s.grouped().qk_norm = QkNorm::each_head;
  return build_decoder(s);
}

/// Command R7B and A (Cohere 2025): three sliding layers and a full one in turn; the full ones know no
/// positions.
Model build_cohere2(const Meta& config, const BuildOptions& options) {
  Decoder s = read_cohere(config, options);
  const int64_t window = need_window(config);
  const int64_t pattern = config.integer_or("sliding_window_pattern", 4, 1, kMaxLayers);
  const std::vector<bool> sliding = sliding_layers(config, s.layers, pattern);
  for (size_t i = 0; i < sliding.size(); ++i)
    s.kinds[i] = sliding[i] ? LayerKind{.window = window} : LayerKind{.rotary = -1};
  return build_decoder(s);
}

}  // namespace clinfer::graph

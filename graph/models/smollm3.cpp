#include "graph/models/builders.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {

/// SmolLM3 (2025): LLaMA in which every fourth layer knows no positions; no_rope_layers has a 0 for each of
/// them.
Model build_smollm3(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  s.tied = config.boolean_or("tie_word_embeddings", true);
  s.grouped().qkv_bias = s.grouped().output_bias = config.boolean_or("attention_bias", false);
  s.mlp.bias = config.boolean_or("mlp_bias", false);
  read_qwen_windows(config, s);
  const std::vector<bool> rotates = rotating_layers(config, s.layers);
  for (size_t i = 0; i < rotates.size(); ++i) s.kinds[i].rotary = rotates[i] ? 0 : -1;
  return build_decoder(s);
}

}  // namespace clinfer::graph

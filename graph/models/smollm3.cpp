#include "graph/models/builders.h"
#include "graph/models/limits.h"
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
  const int64_t every = config.integer_or("no_rope_layer_interval", 4, 1, kMaxLayers);
  std::vector<int64_t> rotates;
  for (int64_t i = 0; i < s.layers; ++i) rotates.push_back((i + 1) % every != 0);
  if (config.has("no_rope_layers")) rotates = config.integers("no_rope_layers");
  require_key(config, static_cast<int64_t>(rotates.size()) == s.layers, "no_rope_layers",
              "must have num_hidden_layers entries");
  for (size_t i = 0; i < rotates.size(); ++i) s.kinds[i].rotary = rotates[i] != 0 ? 0 : -1;
  return build_decoder(s);
}

}  // namespace clinfer::graph

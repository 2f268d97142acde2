#include "graph/models/builders.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {

/// Qwen3 dense models (Yang et al. 2025): no biases, RMSNorm of each head's query and key.
Model build_qwen3(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  GroupedAttentionBlock& a = s.grouped();
  a.qkv_bias = a.output_bias = config.boolean_or("attention_bias", false);
  a.qk_norm = QkNorm::head;
  read_qwen_windows(config, s);
  return build_decoder(s);
}

}  // namespace clinfer::graph

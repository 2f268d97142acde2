#include "graph/models/builders.h"
#include "graph/models/limits.h"
#include "graph/models/local_experts.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {

/// Phi-3.5-MoE (Abdin et al. 2024): Mixtral's layout with LayerNorm, biases in attention and head, LongRoPE,
/// and SparseMixer's weights for two experts.
Model build_phimoe(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  s.norm.kind = NormKind::layer;
  s.norm.bias = true;
  s.grouped().qkv_bias = s.grouped().output_bias = config.boolean_or("attention_bias", false);
  s.head_bias = config.boolean_or("lm_head_bias", false);
  read_local_experts(config, s);
  require_key(config, s.moe->router.top_k == 2, "num_experts_per_tok", "must be 2");
  s.moe->router.score = RouterScore::near_softmax;
  s.moe->router.renormalise = false;
  s.moe->router.near = 2 * read_factor(config, "router_jitter_noise", 0.01);
  for (LayerKind& kind : s.kinds) kind.window = read_window(config);
  return build_decoder(s);
}

}  // namespace clinfer::graph

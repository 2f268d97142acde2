#include "graph/models/builders.h"
#include "graph/models/limits.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {
namespace {

/// Norms behind the sub-layers, and of the whole projected query and key.
Decoder read_olmo2(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  s.around_attention = {"", "post_attention_layernorm"};
  s.around_mlp = {"", "post_feedforward_layernorm"};
  s.grouped().qkv_bias = s.grouped().output_bias = config.boolean_or("attention_bias", false);
  s.grouped().qk_norm = QkNorm::row;
  return s;
}

}  // namespace

/// OLMo 2 (OLMo team 2025).
Model build_olmo2(const Meta& config, const BuildOptions& options) {
  return build_decoder(read_olmo2(config, options));
}

/// OLMo 3: three sliding layers and a full one in turn, of which only the full ones have scaled frequencies.
Model build_olmo3(const Meta& config, const BuildOptions& options) {
  Decoder s = read_olmo2(config, options);
  const int64_t dim = s.grouped().rope_dim;
  s.rotaries = {read_rotary(rope_of_kind(config, "full_attention"), dim, options.context),
                read_rotary(rope_of_kind(config, "sliding_attention"), dim, options.context)};
  const std::vector<bool> sliding = sliding_layers(config, s.layers, 4);
  for (size_t i = 0; i < sliding.size(); ++i) {
    if (sliding[i]) s.kinds[i] = {.window = need_window(config), .rotary = 1};
  }
  return build_decoder(s);
}

/// OLMoE (Muennighoff et al. 2024): pre-norm, 64 experts whose weights are not renormalised.
Model build_olmoe(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  GroupedAttentionBlock& a = s.grouped();
  a.qkv_bias = a.output_bias = config.boolean_or("attention_bias", false);
  a.qk_norm = QkNorm::row;
  if (config.has("clip_qkv")) a.clip = read_factor(config, "clip_qkv", 0);
  MoeBlock m;
  m.hidden = s.hidden;
  m.activation = s.mlp.activation;
  m.intermediate = s.mlp.intermediate;
  m.router.experts = config.integer("num_experts", 1, kMaxExperts);
  m.router.top_k = config.integer("num_experts_per_tok", 1, m.router.experts);
  m.router.renormalise = config.boolean_or("norm_topk_prob", false);
  require_experts_fit(config, s.layers, m, "num_experts");
  s.moe = std::move(m);
  for (LayerKind& kind : s.kinds) kind.sparse = true;
  return build_decoder(s);
}

}  // namespace clinfer::graph

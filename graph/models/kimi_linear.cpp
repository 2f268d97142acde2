#include "graph/models/builders.h"
#include "graph/models/decoder.h"
#include "graph/models/limits.h"

namespace clinfer::graph {
namespace {

/// The mixture under Kimi's names of DeepSeek-V3's keys.
MoeBlock read_experts(const Meta& config, const Decoder& s) {
  MoeBlock m;
  m.hidden = s.hidden;
  m.activation = s.mlp.activation;
  m.intermediate = config.integer("moe_intermediate_size", 1, kMaxWidth);
  m.shared_intermediate = m.intermediate * config.integer_or("num_shared_experts", 0, 0, 64);
  Router& r = m.router;
  r.experts = config.integer("num_experts", 1, kMaxExperts);
  r.top_k = config.integer("num_experts_per_token", 1, r.experts);
  r.groups = config.integer_or("num_expert_group", 1, 1, r.experts);
  r.keep_groups = config.integer_or("topk_group", 1, 1, r.groups);
  require_key(config, r.experts % r.groups == 0 && (r.groups == 1 || r.experts / r.groups >= 2),
              "num_expert_group", "must divide num_experts and leave two experts a group");
  require_key(config, r.top_k <= r.experts / r.groups * r.keep_groups, "num_experts_per_token",
              "exceeds the experts of topk_group groups");
  const std::string score = config.string_or("moe_router_activation_func", "sigmoid");
  require_key(config, score == "sigmoid" || score == "softmax", "moe_router_activation_func",
              "must be sigmoid or softmax, got \"" + score + "\"");
  r.score = score == "sigmoid" ? RouterScore::sigmoid : RouterScore::softmax;
  r.renormalise = config.boolean_or("moe_renormalize", true);
  r.scale = static_cast<float>(config.number_or("routed_scaling_factor", 1.0));
  m.choice_bias = true;
  m.names.gate = "w1";
  m.names.up = "w3";
  m.names.down = "w2";
  require_experts_fit(config, s.layers, m, "num_experts");
  return m;
}

/// mlp_layer_types, or first_k_dense_replace and moe_layer_freq.
void mark_sparse(const Meta& config, Decoder& s) {
  const int64_t first = config.integer_or("first_k_dense_replace", 0, 0, kMaxLayers);
  const int64_t every = config.integer_or("moe_layer_freq", 1, 1, kMaxLayers);
  std::vector<std::string> types;
  if (config.has("mlp_layer_types")) {
    types = config.strings("mlp_layer_types");
    require_key(config, std::ssize(types) == s.layers, "mlp_layer_types",
                "must have num_hidden_layers entries");
  }
  for (size_t i = 0; i < s.kinds.size(); ++i) {
    const auto layer = static_cast<int64_t>(i);
    s.kinds[i].sparse = types.empty() ? layer >= first && layer % every == 0 : types[i] == "sparse";
  }
}

/// Heads and layers of KDA: published in linear_attn_config (layers counted from 1), by transformers 5 in
/// keys of their own.
KimiDeltaBlock read_recurrent(const Meta& config, Decoder& s) {
  const Meta linear = config.object("linear_attn_config");
  KimiDeltaBlock block;
  block.hidden = s.hidden;
  block.eps = s.norm.eps;
  if (linear.empty()) {
    block.heads = config.integer("linear_num_heads", 1, kMaxHeads);
    block.dim = config.integer("linear_head_dim", 1, kMaxWidth);
    block.taps = config.integer_or("linear_conv_kernel_dim", 4, 2, kMaxTaps);
    const std::vector<bool> recurrent = read_recurrent_layers(config, s.layers, 4);
    for (size_t i = 0; i < recurrent.size(); ++i) s.kinds[i].recurrent = recurrent[i];
    return block;
  }
  block.heads = linear.integer("num_heads", 1, kMaxHeads);
  block.dim = linear.integer("head_dim", 1, kMaxWidth);
  block.taps = linear.integer_or("short_conv_kernel_size", 4, 2, kMaxTaps);
  for (const int64_t layer : linear.integers("kda_layers")) {
    require_key(config, layer >= 1 && layer <= s.layers, "linear_attn_config.kda_layers",
                "must hold numbers of layers, counted from 1");
    s.kinds[static_cast<size_t>(layer - 1)].recurrent = true;
  }
  return block;
}

}  // namespace

/// Kimi Linear (Moonshot AI 2025): Kimi delta attention, every fourth layer multi-head latent attention
/// without positions, DeepSeek-V3's router.
Model build_kimi_linear(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder_frame(config);
  s.max_positions = config.integer_or("model_max_length", s.max_positions, 1, kMaxPositions);
  s.attention = read_latent_attention(config, options.context);
  for (LayerKind& kind : s.kinds) kind.rotary = -1;
  s.recurrent = read_recurrent(config, s);
  s.names.recurrent = "self_attn";
  s.moe = read_experts(config, s);
  mark_sparse(config, s);
  s.names.moe = "block_sparse_moe";
  // transformers 5 saves the dense layers under the mixture's name too.
  s.names.mlp = config.has("linear_attn_config") ? "mlp" : s.names.moe;
  return build_decoder(s);
}

}  // namespace clinfer::graph

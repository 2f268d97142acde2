#include <algorithm>

#include "graph/models/builders.h"
#include "graph/models/limits.h"
#include "graph/models/qwen_moe.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {
namespace {

/// Every decoder_sparse_step-th layer is sparse, but not those of mlp_only_layers.
void mark_sparse(const Meta& config, Decoder& s) {
  const int64_t step = config.integer_or("decoder_sparse_step", 1, 1, kMaxLayers);
  std::vector<int64_t> dense;
  if (config.has("mlp_only_layers")) dense = config.integers("mlp_only_layers");
  for (int64_t i = 0; i < s.layers; ++i)
    s.kinds[static_cast<size_t>(i)].sparse =
        (i + 1) % step == 0 && std::find(dense.begin(), dense.end(), i) == dense.end();
}

}  // namespace

void read_qwen_experts(const Meta& config, Decoder& s, bool default_renormalise) {
  MoeBlock m;
  m.hidden = s.hidden;
  m.activation = s.mlp.activation;
  m.intermediate = config.integer("moe_intermediate_size", 1, kMaxWidth);
  // transformers 5 writes another name.
  const char* experts = config.has("num_experts") ? "num_experts" : "num_local_experts";
  m.router.experts = config.integer(experts, 1, kMaxExperts);
  m.router.top_k = config.integer("num_experts_per_tok", 1, m.router.experts);
  m.router.renormalise = config.boolean_or("norm_topk_prob", default_renormalise);
  require_experts_fit(config, s.layers, m, experts);
  s.moe = std::move(m);
  mark_sparse(config, s);
}

void read_qwen_shared_expert(const Meta& config, Decoder& s) {
  s.moe->shared_intermediate = config.integer("shared_expert_intermediate_size", 1, kMaxWidth);
  s.moe->shared_gate = true;
  s.moe->names.shared = "shared_expert";
}

/// Qwen1.5-MoE and Qwen2-MoE (Yang et al. 2024): Qwen2 with a gated shared expert beside the routed ones.
Model build_qwen2_moe(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  s.grouped().qkv_bias = config.boolean_or("qkv_bias", true);
  read_qwen_windows(config, s);
  read_qwen_experts(config, s, false);
  read_qwen_shared_expert(config, s);
  return build_decoder(s);
}

/// Qwen3-MoE (Yang et al. 2025): Qwen3 with 128 experts, 8 of them a token.
Model build_qwen3_moe(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  GroupedAttentionBlock& a = s.grouped();
  a.qkv_bias = a.output_bias = config.boolean_or("attention_bias", false);
  a.qk_norm = QkNorm::head;
  read_qwen_windows(config, s);
  read_qwen_experts(config, s, true);
  return build_decoder(s);
}

}  // namespace clinfer::graph

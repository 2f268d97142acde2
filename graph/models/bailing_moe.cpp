#include "graph/models/builders.h"
#include "graph/models/decoder.h"
#include "graph/models/limits.h"

namespace clinfer::graph {
namespace {

void read_router(const Meta& config, Router& r) {
  r.experts = config.integer("num_experts", 1, kMaxExperts);
  r.top_k = config.integer("num_experts_per_tok", 1, r.experts);
  r.renormalise = config.boolean_or("norm_topk_prob", true);
  r.groups = config.integer_or("n_group", 1, 1, r.experts);
  r.keep_groups = config.integer_or("topk_group", 1, 1, r.groups);
  require_key(config, r.experts % r.groups == 0 && (r.groups == 1 || r.experts / r.groups >= 2), "n_group",
              "must divide num_experts and leave two experts a group");
  require_key(config, r.top_k <= r.experts / r.groups * r.keep_groups, "num_experts_per_tok",
              "exceeds the experts of topk_group groups");
}

/// What both generations share: LLaMA with q, k and v in one matrix, names of its own, and a mixture from
/// layer first_k_dense_replace on.
Decoder read_bailing(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  s.names.embedding = "model.word_embeddings";
  s.names.attention = "attention";
  GroupedAttentionBlock& a = s.grouped();
  a.fused = true;
  a.qkv = "query_key_value";
  a.output = "dense";
  a.output_bias = config.boolean_or("use_bias", false);
  a.qkv_bias = a.output_bias || config.boolean_or("use_qkv_bias", false);
  // Its rows would have to be scaled at load.
  require_key(config, !config.boolean_or("norm_head", false), "norm_head", "must be false");
  MoeBlock m;
  m.hidden = s.hidden;
  m.activation = s.mlp.activation;
  m.intermediate = config.integer("moe_intermediate_size", 1, kMaxWidth);
  m.shared_intermediate = m.intermediate * config.integer_or("num_shared_experts", 0, 0, 64);
  read_router(config, m.router);
  require_experts_fit(config, s.layers, m, "num_experts");
  s.moe = std::move(m);
  const int64_t dense = config.integer_or("first_k_dense_replace", 0, 0, kMaxLayers);
  for (size_t i = 0; i < s.kinds.size(); ++i) s.kinds[i].sparse = static_cast<int64_t>(i) >= dense;
  return s;
}

}  // namespace

/// Ling-lite and Ling-plus (Ant Group 2025): a softmax router.
Model build_bailing_moe(const Meta& config, const BuildOptions& options) {
  return build_decoder(read_bailing(config, options));
}

/// Ling and Ring 2.0 (Ant Group 2025): DeepSeek-V3's router, norms of each head's query and key, of which
/// half rotates.
Model build_bailing_moe_v2(const Meta& config, const BuildOptions& options) {
  Decoder s = read_bailing(config, options);
  GroupedAttentionBlock& a = s.grouped();
  if (config.boolean_or("use_qk_norm", true)) a.qk_norm = QkNorm::head;
  a.q_norm = "query_layernorm";
  a.k_norm = "key_layernorm";
  MoeBlock& m = s.moe.value();
  m.router.score = RouterScore::sigmoid;
  m.router.renormalise = m.router.top_k > 1;
  m.router.scale = read_factor(config, "routed_scaling_factor", 1.0);
  m.choice_bias = config.boolean_or("moe_router_enable_expert_bias", true);
  m.names.choice_bias = "gate.expert_bias";
  return build_decoder(s);
}

}  // namespace clinfer::graph

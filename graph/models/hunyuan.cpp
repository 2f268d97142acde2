#include <algorithm>

#include "graph/models/builders.h"
#include "graph/models/decoder.h"
#include "graph/models/limits.h"

namespace clinfer::graph {
namespace {

/// Query and key are normed behind the rotation.
Decoder read_hunyuan(const Meta& config, const BuildOptions& options) {
  MetaValue::Object values = config.values();
  if (!config.has("head_dim") && config.has("attention_head_dim"))
    values["head_dim"] = MetaValue(config.integer("attention_head_dim", 2, kMaxWidth));
  Decoder s = read_decoder({config.file(), config.source(), std::move(values)}, options);
  GroupedAttentionBlock& a = s.grouped();
  a.qkv_bias = a.output_bias = config.boolean_or("attention_bias", false);
  if (config.boolean_or("use_qk_norm", true)) a.qk_norm = QkNorm::head_after_rope;
  a.q_norm = "query_layernorm";
  a.k_norm = "key_layernorm";
  // Cross-layer attention: only every cla_share_factor-th layer makes keys and values.
  const bool shares = config.boolean_or("use_cla", false);
  const int64_t every = shares ? config.integer("cla_share_factor", 1, kMaxLayers) : 1;
  for (int64_t i = 0; i < s.layers; ++i) s.kinds[static_cast<size_t>(i)].reads_keys = i % every != 0;
  return s;
}

/// A key that is one integer, or a list with the same one for every layer.
int64_t same_for_all(const Meta& config, std::string_view key, int64_t fallback) {
  if (!config.has(key)) return fallback;
  const std::vector<int64_t> values = config.integers(key);
  const bool same = !values.empty() && std::equal(values.begin() + 1, values.end(), values.begin());
  require_key(config, same && values.front() > 0 && values.front() <= kMaxWidth, key,
              "must be one positive integer for all layers");
  return values.front();
}

}  // namespace

/// Hunyuan dense models (Tencent 2025).
Model build_hunyuan_dense(const Meta& config, const BuildOptions& options) {
  return build_decoder(read_hunyuan(config, options));
}

/// Hunyuan-Large (Tencent 2024) and A13B (2025): a mixture in every layer with shared experts.
Model build_hunyuan_moe(const Meta& config, const BuildOptions& options) {
  Decoder s = read_hunyuan(config, options);
  MoeBlock m;
  m.hidden = s.hidden;
  m.activation = s.mlp.activation;
  m.intermediate = same_for_all(config, "moe_intermediate_size", s.mlp.intermediate);
  if (config.boolean_or("use_mixed_mlp_moe", true))
    m.shared_intermediate = s.mlp.intermediate * same_for_all(config, "num_shared_expert", 1);
  m.router.experts = config.integer("num_experts", 1, kMaxExperts);
  m.router.top_k = same_for_all(config, "moe_topk", 1);
  m.router.renormalise = m.router.top_k > 1;  // a lone expert keeps its share of the softmax
  require_key(config, m.router.top_k <= m.router.experts, "moe_topk", "exceeds num_experts");
  require_experts_fit(config, s.layers, m, "num_experts");
  m.names.router = "gate.wg";
  m.names.shared = "shared_mlp";
  s.moe = std::move(m);
  for (LayerKind& kind : s.kinds) kind.sparse = true;
  return build_decoder(s);
}

}  // namespace clinfer::graph

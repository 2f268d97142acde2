#include "graph/models/deepseek_moe.h"

#include "graph/models/limits.h"

namespace clinfer::graph {
namespace {

/// How groups are scored, and whether a bias moves the choice.
void read_method(const Meta& config, const std::string& fallback, MoeBlock& m) {
  const std::string method = config.string_or("topk_method", fallback);
  m.choice_bias = method == "noaux_tc";
  m.router.group_score = m.choice_bias ? GroupScore::top2_sum : GroupScore::max;
  require_key(config, m.choice_bias || method == "greedy" || method == "group_limited_greedy", "topk_method",
              "must be greedy, group_limited_greedy or noaux_tc, got \"" + method + "\"");
  if (method == "greedy") m.router.groups = m.router.keep_groups = 1;
}

Router read_router(const Meta& config, const std::string& default_score) {
  Router r;
  r.experts = config.integer("n_routed_experts", 1, kMaxExperts);
  r.top_k = config.integer("num_experts_per_tok", 1, r.experts);
  r.groups = config.integer_or("n_group", 1, 1, r.experts);
  r.keep_groups = config.integer_or("topk_group", 1, 1, r.groups);
  const std::string score = config.string_or("scoring_func", default_score);
  require_key(config, score == "sigmoid" || score == "softmax", "scoring_func",
              "must be sigmoid or softmax, got \"" + score + "\"");
  r.score = score == "sigmoid" ? RouterScore::sigmoid : RouterScore::softmax;
  r.renormalise = config.boolean_or("norm_topk_prob", score == "sigmoid");
  r.scale = static_cast<float>(config.number_or("routed_scaling_factor", 1.0));
  return r;
}

void check_groups(const Meta& config, const Router& r) {
  require_key(config, r.experts % r.groups == 0, "n_group", "must divide n_routed_experts");
  require_key(config, r.groups == 1 || r.group_score == GroupScore::max || r.experts / r.groups >= 2,
              "n_group", "must leave two experts a group");
  require_key(config, r.top_k <= r.experts / r.groups * r.keep_groups, "num_experts_per_tok",
              "exceeds the experts of topk_group groups");
}

void mark_sparse(const Meta& config, Decoder& s) {
  const int64_t first = config.integer_or("first_k_dense_replace", 0, 0, kMaxLayers);
  const int64_t every = config.integer_or("moe_layer_freq", 1, 1, kMaxLayers);
  std::vector<std::string> types;
  if (config.has("mlp_layer_types")) {
    types = config.strings("mlp_layer_types");
    require_key(config, static_cast<int64_t>(types.size()) == s.layers, "mlp_layer_types",
                "must have num_hidden_layers entries");
  }
  for (size_t i = 0; i < s.kinds.size(); ++i) {
    const auto layer = static_cast<int64_t>(i);
    s.kinds[i].sparse = i < types.size() ? types[i] == "sparse" : layer >= first && layer % every == 0;
  }
}

}  // namespace

void read_deepseek_moe(const Meta& config, Decoder& s, const DeepseekMoeDefaults& defaults) {
  MoeBlock m;
  m.hidden = s.hidden;
  m.activation = s.mlp.activation;
  m.intermediate = config.integer("moe_intermediate_size", 1, kMaxWidth);
  m.shared_intermediate = m.intermediate * config.integer_or("n_shared_experts", 0, 0, 64);
  if (config.source() == Meta::Source::gguf) m.stored = ExpertsStored::stacked;
  m.router = read_router(config, defaults.score);
  read_method(config, defaults.method, m);
  check_groups(config, m.router);
  require_experts_fit(config, s.layers, m, "n_routed_experts");
  s.moe = std::move(m);
  mark_sparse(config, s);
}

Decoder read_latent_decoder(const Meta& config, const BuildOptions& options,
                            const DeepseekMoeDefaults& defaults) {
  Decoder s = read_decoder_frame(config);
  const LatentAttentionBlock attention = read_latent_attention(config, options.context);
  s.rotaries = {attention.rotary};
  s.attention = attention;
  read_deepseek_moe(config, s, defaults);
  return s;
}

}  // namespace clinfer::graph

#include "graph/models/deepseek_v3.h"

#include "graph/models/blocks.h"
#include "graph/models/latent_attention_block.h"
#include "graph/models/limits.h"
#include "graph/models/moe_block.h"

namespace clinfer::graph {
namespace {

/// DeepSeek-V3 and R1 (DeepSeek-AI 2024): MLA, a sigmoid router with choice biases and groups, an MTP module.
struct Spec {
  int64_t layers = 1;
  int64_t hidden = 1;
  int64_t intermediate = 1;
  int64_t vocab = 1;
  int64_t max_positions = 2048;
  int64_t first_moe = 0;
  int64_t moe_every = 1;
  int64_t draft_modules = 0;
  float eps = 1e-6f;
  bool tied = false;
  LatentAttentionBlock attention;
  MoeBlock moe;
};

MoeBlock read_moe(const Meta& config, int64_t hidden) {
  MoeBlock m;
  m.hidden = hidden;
  m.intermediate = config.integer("moe_intermediate_size", 1, kMaxWidth);
  m.shared_intermediate = m.intermediate * config.integer_or("n_shared_experts", 0, 0, 64);
  m.stacked = config.source() == Meta::Source::gguf;
  Router& r = m.router;
  r.experts = config.integer("n_routed_experts", 1, kMaxExperts);
  r.top_k = config.integer("num_experts_per_tok", 1, r.experts);
  r.groups = config.integer_or("n_group", 1, 1, r.experts);
  r.keep_groups = config.integer_or("topk_group", 1, 1, r.groups);
  require_key(config, r.experts % r.groups == 0, "n_group", "must divide n_routed_experts");
  require_key(config, r.groups == 1 || r.experts / r.groups >= 2, "n_group",
              "must leave two experts a group");
  require_key(config, r.top_k <= r.experts / r.groups * r.keep_groups, "num_experts_per_tok",
              "exceeds the experts of topk_group groups");
  const std::string score = config.string_or("scoring_func", "sigmoid");
  require_key(config, score == "sigmoid" || score == "softmax", "scoring_func",
              "must be sigmoid or softmax, got \"" + score + "\"");
  r.score = score == "sigmoid" ? RouterScore::sigmoid : RouterScore::softmax;
  r.group_score = GroupScore::top2_sum;
  r.renormalise = config.boolean_or("norm_topk_prob", true);
  r.scale = static_cast<float>(config.number_or("routed_scaling_factor", 1.0));
  m.choice_bias = config.string_or("topk_method", "noaux_tc") == "noaux_tc";
  return m;
}

Spec read_spec(const Meta& config) {
  Spec s;
  s.layers = config.integer("num_hidden_layers", 1, kMaxLayers);
  s.hidden = config.integer("hidden_size", 1, kMaxWidth);
  s.intermediate = config.integer("intermediate_size", 1, kMaxWidth);
  s.vocab = config.integer("vocab_size", 1, kMaxVocab);
  s.max_positions = config.integer_or("max_position_embeddings", 2048, 1, kMaxPositions);
  s.first_moe = config.integer_or("first_k_dense_replace", 0, 0, kMaxLayers);
  s.moe_every = config.integer_or("moe_layer_freq", 1, 1, kMaxLayers);
  s.draft_modules = config.integer_or("num_nextn_predict_layers", 0, 0, 64);
  s.eps = read_eps(config);
  s.tied = config.boolean_or("tie_word_embeddings", false);
  require_silu(config);
  s.attention = read_latent_attention(config);
  s.moe = read_moe(config, s.hidden);
  require_key(config, s.layers * s.moe.router.experts <= kMaxExpertsOfAllLayers, "n_routed_experts",
              "times num_hidden_layers is more than " + std::to_string(kMaxExpertsOfAllLayers));
  return s;
}

ValueId decoder_layer(Builder& b, const Spec& s, int64_t layer, ValueId x, ValueId positions,
                      ValueId inv_freq) {
  const std::string p = "model.layers." + std::to_string(layer);
  const ValueId normed = rms_norm(b, p + ".input_layernorm", x, s.hidden, s.eps);
  x = residual(b, p + ".attn_residual", x,
               latent_attention(b, s.attention, p + ".self_attn", normed, positions, inv_freq));
  const ValueId mlp_in = rms_norm(b, p + ".post_attention_layernorm", x, s.hidden, s.eps);
  const bool dense = layer < s.first_moe || layer % s.moe_every != 0;
  const ValueId y = dense ? swiglu(b, p + ".mlp", mlp_in, s.hidden, s.intermediate, false)
                          : moe(b, s.moe, p + ".mlp", mlp_in);
  return residual(b, p + ".mlp_residual", x, y);
}

ValueId head(Builder& b, const Spec& s, ValueId x, ValueId table) {
  return b.add(Linear{}, "lm_head", {x, s.tied ? table : b.weight("lm_head.weight", s.vocab, s.hidden)});
}

Graph build_main(const Spec& s, bool with_hidden) {
  Builder b("main");
  const DecoderInputs in = add_decoder_inputs(b);
  const ValueId inv_freq = b.constant("inv_freq", s.attention.rotary.inv_freq);
  const ValueId table = b.weight("model.embed_tokens.weight", s.vocab, s.hidden);
  ValueId x = b.add(Embedding{}, "model.embed_tokens", {in.ids, table});
  for (int64_t i = 0; i < s.layers; ++i) {
    b.stage(static_cast<int>(i));
    x = decoder_layer(b, s, i, x, in.positions, inv_freq);
  }
  b.stage(static_cast<int>(s.layers));
  // The draft module reads every token's hidden state behind the final norm; without it only the wanted rows
  // are normed.
  if (with_hidden) {
    x = rms_norm(b, "model.norm", x, s.hidden, s.eps);
    b.output(x, "hidden");
    x = b.add(SelectRows{}, "output_rows.select", {x, in.output_rows});
  } else {
    x = b.add(SelectRows{}, "output_rows.select", {x, in.output_rows});
    x = rms_norm(b, "model.norm", x, s.hidden, s.eps);
  }
  b.output(head(b, s, x, table), "logits");
  return b.finish(static_cast<int>(s.layers));
}

/// The first MTP module (DeepSeek-V3, section 2.2): eh_proj([enorm(embedding) ; hnorm(hidden)]), one decoder
/// layer, its own norm, the main embedding and head (checkpoints carry copies of both).
Graph build_draft(const Spec& s) {
  Builder b("draft");
  const DecoderInputs in = add_decoder_inputs(b);
  const ValueId hidden = b.input("hidden", {DType::f32, kTokens, s.hidden});
  const ValueId inv_freq = b.constant("inv_freq", s.attention.rotary.inv_freq);
  const std::string p = "model.layers." + std::to_string(s.layers);
  b.stage(static_cast<int>(s.layers));
  const ValueId table = b.weight("model.embed_tokens.weight", s.vocab, s.hidden);
  const ValueId e =
      rms_norm(b, p + ".enorm", b.add(Embedding{}, "model.embed_tokens", {in.ids, table}), s.hidden, s.eps);
  const ValueId h = rms_norm(b, p + ".hnorm", hidden, s.hidden, s.eps);
  ValueId x = linear(b, p + ".eh_proj", b.add(Concat{}, p + ".eh_concat", {e, h}), 2 * s.hidden, s.hidden);
  x = decoder_layer(b, s, s.layers, x, in.positions, inv_freq);
  x = rms_norm(b, p + ".shared_head.norm", x, s.hidden, s.eps);
  b.output(x, "hidden_out");
  x = b.add(SelectRows{}, "output_rows.select", {x, in.output_rows});
  b.output(head(b, s, x, table), "logits");
  return b.finish(static_cast<int>(s.layers));
}

}  // namespace

Model build_deepseek_v3(const Meta& config, const BuildOptions& options) {
  const Spec s = read_spec(config);
  const bool draft = options.draft && s.draft_modules > 0;
  Model model;
  model.main = build_main(s, draft);
  if (draft) model.draft = build_draft(s);
  model.layers = s.layers;
  model.hidden_size = s.hidden;
  model.vocab_size = s.vocab;
  model.max_positions = s.max_positions;
  return model;
}

}  // namespace clinfer::graph

#include "graph/models/builders.h"
#include "graph/models/decoder.h"
#include "graph/models/limits.h"

namespace clinfer::graph {
namespace {

/// The keys under the names that later families share.
Meta renamed(const Meta& config) {
  MetaValue::Object values = config.values();
  const int64_t hidden = config.integer(config.has("hidden_size") ? "hidden_size" : "n_embed", 1, kMaxWidth);
  const char* heads = config.has("n_head") ? "n_head" : "num_attention_heads";
  values["hidden_size"] = MetaValue(hidden);
  values["num_hidden_layers"] = MetaValue(config.integer("n_layer", 1, kMaxLayers));
  values["num_attention_heads"] = MetaValue(config.integer(heads, 1, kMaxHeads));
  values["max_position_embeddings"] = MetaValue(config.integer_or("seq_length", 2048, 1, kMaxPositions));
  values["intermediate_size"] = MetaValue(4 * hidden);
  values["hidden_act"] = MetaValue(std::string("gelu_new"));
  return {config.file(), config.source(), std::move(values)};
}

}  // namespace

/// BLOOM (BigScience 2022): ALiBi in place of rotations, a norm behind the embedding, LayerNorm and biases
/// everywhere.
Model build_bloom(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(renamed(config), options);
  require_key(config, !config.boolean_or("apply_residual_connection_post_layernorm", false),
              "apply_residual_connection_post_layernorm", "must be false");
  s.norm = {.kind = NormKind::layer, .eps = read_eps(config, "layer_norm_epsilon", 1e-5), .bias = true};
  s.rotaries.clear();
  for (LayerKind& kind : s.kinds) kind.rotary = -1;
  s.tied = config.boolean_or("tie_word_embeddings", true);
  s.embedding_norm = "transformer.word_embeddings_layernorm";
  s.names = {.embedding = "transformer.word_embeddings",
             .layers = "transformer.h",
             .attention = "self_attention",
             .norm = "transformer.ln_f"};
  GroupedAttentionBlock& a = s.grouped();
  a.fused = a.heads_in_turn = a.qkv_bias = a.output_bias = true;
  a.qkv = "query_key_value";
  a.output = "dense";
  a.slopes = alibi_slopes(a.heads);
  s.mlp.form = MlpForm::plain;
  s.mlp.bias = true;
  s.mlp.up = "dense_h_to_4h";
  s.mlp.down = "dense_4h_to_h";
  return build_decoder(s);
}

}  // namespace clinfer::graph

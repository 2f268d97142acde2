#include "graph/models/builders.h"
#include "graph/models/decoder.h"
#include "graph/models/limits.h"

namespace clinfer::graph {
namespace {

/// The keys under the names that later families share.
Meta renamed(const Meta& config) {
  MetaValue::Object values = config.values();
  const int64_t hidden = config.integer("n_embd", 1, kMaxWidth);
  values["hidden_size"] = MetaValue(hidden);
  values["num_hidden_layers"] = MetaValue(config.integer("n_layer", 1, kMaxLayers));
  values["num_attention_heads"] = MetaValue(config.integer("n_head", 1, kMaxHeads));
  values["max_position_embeddings"] = MetaValue(config.integer("n_positions", 1, kMaxPositions));
  values["intermediate_size"] = MetaValue(config.integer_or("n_inner", 4 * hidden, 1, kMaxWidth));
  values["hidden_act"] = MetaValue(config.string_or("activation_function", "gelu_new"));
  return {config.file(), config.source(), std::move(values)};
}

}  // namespace

/// GPT-2 (Radford et al. 2019): learned positions, LayerNorm, biases everywhere, matrices stored [in, out].
Model build_gpt2(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(renamed(config), options);
  s.norm = {.kind = NormKind::layer, .eps = read_eps(config, "layer_norm_epsilon", 1e-5), .bias = true};
  s.around_attention = {"ln_1", ""};
  s.around_mlp = {"ln_2", ""};
  s.rotaries.clear();
  for (LayerKind& kind : s.kinds) kind.rotary = -1;
  s.tied = config.boolean_or("tie_word_embeddings", true);
  s.learned_positions = "transformer.wpe";
  s.names = {.embedding = "transformer.wte",
             .layers = "transformer.h",
             .attention = "attn",
             .norm = "transformer.ln_f"};
  GroupedAttentionBlock& a = s.grouped();
  a.qkv_bias = a.output_bias = a.fused = true;
  a.stored = s.mlp.stored = config.source() == Meta::Source::gguf ? Stored::rows : Stored::columns;
  a.qkv = "c_attn";
  a.output = "c_proj";
  require_key(config, s.mlp.activation == Activation::gelu_tanh, "activation_function", "must be gelu_new");
  for (const char* key : {"scale_attn_by_inverse_layer_idx", "add_cross_attention"})
    require_key(config, !config.boolean_or(key, false), key, "must be false");
  s.mlp.form = MlpForm::plain;
  s.mlp.bias = true;
  s.mlp.up = "c_fc";
  s.mlp.down = "c_proj";
  return build_decoder(s);
}

}  // namespace clinfer::graph

#include <cmath>
#include <cstring>

#include "graph/models/builders.h"
#include "graph/models/limits.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {
namespace {

/// sqrt(hidden), rounded to the type the checkpoint was made in.
float embedding_factor(const Meta& config, int64_t hidden) {
  const float exact = std::sqrt(static_cast<float>(hidden));
  if (config.string_or("torch_dtype", "float32") != "bfloat16") return exact;
  uint32_t bits = 0;
  std::memcpy(&bits, &exact, sizeof bits);
  bits = (bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u;
  float rounded = 0;
  std::memcpy(&rounded, &bits, sizeof rounded);
  return rounded;
}

/// The tanh form of GELU whatever hidden_act says, norms times (1 + weight), a scaled embedding that is the
/// head too.
Decoder read_gemma(const Meta& config, const BuildOptions& options) {
  MetaValue::Object values = config.values();
  values["hidden_act"] = MetaValue(std::string("gelu_pytorch_tanh"));
  Decoder s = read_decoder({config.file(), config.source(), std::move(values)}, options);
  s.tied = config.boolean_or("tie_word_embeddings", true);
  s.norm.unit_offset = s.grouped().norm.unit_offset = true;
  s.embedding_scale = embedding_factor(config, s.hidden);
  s.grouped().qkv_bias = s.grouped().output_bias = config.boolean_or("attention_bias", false);
  return s;
}

/// What Gemma 2 and 3 share: norms before and behind the sub-layers, a scale of the scores that is a key's.
Decoder read_sandwich(const Meta& config, const BuildOptions& options) {
  Decoder s = read_gemma(config, options);
  s.around_attention = {"input_layernorm", "post_attention_layernorm"};
  s.around_mlp = {"pre_feedforward_layernorm", "post_feedforward_layernorm"};
  s.grouped().scale = 1.0f / std::sqrt(read_factor(config, "query_pre_attn_scalar", 256));
  if (config.has("final_logit_softcapping"))
    s.logit_softcap = read_factor(config, "final_logit_softcapping", 0);
  return s;
}

/// The keys that published configurations of Gemma 3 leave out, as its class has them.
Meta with_gemma3_defaults(const Meta& config) {
  MetaValue::Object values = config.values();
  for (const auto& [key, value] : {std::pair{"vocab_size", int64_t{262208}},
                                   {"num_attention_heads", 8},
                                   {"num_key_value_heads", 4},
                                   {"head_dim", 256},
                                   {"max_position_embeddings", 131072},
                                   {"sliding_window", 4096},
                                   {"rope_theta", 1000000},
                                   {"rope_local_base_freq", 10000}})
    values.try_emplace(key, MetaValue(value));
  return {config.file(), config.source(), std::move(values)};
}

}  // namespace

/// Gemma (Gemma team 2024).
Model build_gemma(const Meta& config, const BuildOptions& options) {
  return build_decoder(read_gemma(config, options));
}

/// Gemma 2 (Gemma team 2024): sliding and full layers in turn, scores and logits capped by a tanh.
Model build_gemma2(const Meta& config, const BuildOptions& options) {
  Decoder s = read_sandwich(config, options);
  if (config.has("attn_logit_softcapping"))
    s.grouped().softcap = read_factor(config, "attn_logit_softcapping", 0);
  const std::vector<bool> sliding = sliding_layers(config, s.layers, 2);
  for (size_t i = 0; i < sliding.size(); ++i) {
    if (sliding[i]) s.kinds[i].window = need_window(config);
  }
  return build_decoder(s);
}

/// The text part of Gemma 3 (Gemma team 2025): five sliding layers and a full one in turn with rotary tables
/// of their own.
Model build_gemma3(const Meta& given, const BuildOptions& options) {
  const Meta config = with_gemma3_defaults(given);
  Decoder s = read_sandwich(config, options);
  GroupedAttentionBlock& a = s.grouped();
  a.qk_norm = QkNorm::head;
  require_key(config, !config.has("attn_logit_softcapping"), "attn_logit_softcapping", "must be null");
  s.rotaries = {read_rotary(rope_of_kind(config, "full_attention"), a.rope_dim, options.context),
                read_rotary(rope_of_kind(config, "sliding_attention", "rope_local_base_freq"), a.rope_dim)};
  const int64_t pattern = config.integer_or("sliding_window_pattern", 6, 1, kMaxLayers);
  const std::vector<bool> sliding = sliding_layers(config, s.layers, pattern);
  for (size_t i = 0; i < sliding.size(); ++i) {
    if (sliding[i]) s.kinds[i] = {.window = need_window(config), .rotary = 1};
  }
  return build_decoder(s);
}

}  // namespace clinfer::graph

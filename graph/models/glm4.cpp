#include "graph/models/builders.h"
#include "graph/models/deepseek_moe.h"

namespace clinfer::graph {
namespace {

/// Half of each head rotates, in neighbouring pairs; gate and up are one matrix.
Decoder read_glm(const Meta& config, const BuildOptions& options) {
  MetaValue::Object values = config.values();
  values.try_emplace("partial_rotary_factor", MetaValue(0.5));
  Decoder s = read_decoder({config.file(), config.source(), std::move(values)}, options);
  s.grouped().qkv_bias = config.boolean_or("attention_bias", false);
  s.grouped().pairing = RopePairing::interleaved;
  s.mlp.form = MlpForm::gated_fused;
  s.mlp.gate = "gate_up_proj";
  return s;
}

}  // namespace

/// GLM-4-9B-Chat and GLM-Edge (Zhipu 2024).
Model build_glm(const Meta& config, const BuildOptions& options) {
  return build_decoder(read_glm(config, options));
}

/// GLM-4-0414 (9B, 32B): a norm before and behind each sub-layer.
Model build_glm4(const Meta& config, const BuildOptions& options) {
  Decoder s = read_glm(config, options);
  s.around_attention = {"input_layernorm", "post_self_attn_layernorm"};
  s.around_mlp = {"post_attention_layernorm", "post_mlp_layernorm"};
  return build_decoder(s);
}

/// GLM-4.5 and 4.6 (2025): pre-norm, DeepSeek-V3's mixture on grouped-query attention, half of each head
/// rotates.
Model build_glm4_moe(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  s.grouped().qkv_bias = config.boolean_or("attention_bias", false);
  if (config.boolean_or("use_qk_norm", false)) s.grouped().qk_norm = QkNorm::head;
  read_deepseek_moe(config, s);
  return build_decoder(s);
}

}  // namespace clinfer::graph

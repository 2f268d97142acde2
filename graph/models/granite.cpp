#include "graph/models/builders.h"
#include "graph/models/limits.h"
#include "graph/models/local_experts.h"

namespace clinfer::graph {
namespace {

/// Granite 3 (IBM 2024): LLaMA with factors on embedding, scores, residuals and logits.
Decoder read_granite(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  GroupedAttentionBlock& a = s.grouped();
  a.qkv_bias = a.output_bias = config.boolean_or("attention_bias", false);
  a.scale = read_factor(config, "attention_multiplier", static_cast<double>(a.scale));
  s.mlp.bias = config.boolean_or("mlp_bias", false);
  s.embedding_scale = read_factor(config, "embedding_multiplier", 1.0);
  s.residual_scale = read_factor(config, "residual_multiplier", 1.0);
  s.logit_scale = 1.0f / read_factor(config, "logits_scaling", 1.0);
  return s;
}

}  // namespace

Model build_granite(const Meta& config, const BuildOptions& options) {
  return build_decoder(read_granite(config, options));
}

/// Granite 3 MoE: all experts of a layer in one tensor, an expert's gate and up in one matrix;
/// granitemoeshared has a shared expert beside them.
Model build_granitemoe(const Meta& config, const BuildOptions& options) {
  Decoder s = read_granite(config, options);
  read_local_experts(config, s);
  if (config.source() == Meta::Source::gguf) return build_decoder(s);  // gate and up apart
  s.moe->stored = ExpertsStored::stacked_fused;
  s.moe->names.router = "router.layer";
  s.moe->names.experts = "";
  s.moe->names.gate = "input_linear";
  s.moe->names.down = "output_linear";
  s.moe->shared_intermediate = config.integer_or("shared_intermediate_size", 0, 0, kMaxWidth);
  s.moe->shared_fused = s.moe->names.shared_beside = true;
  s.moe->names.shared = "shared_mlp";
  return build_decoder(s);
}

}  // namespace clinfer::graph

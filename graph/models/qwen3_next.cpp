#include "graph/models/builders.h"
#include "graph/models/limits.h"
#include "graph/models/qwen_moe.h"

namespace clinfer::graph {
namespace {

constexpr int64_t kInterval = 4;  ///< every fourth layer is attention

/// Attention with an output gate in every fourth layer, gated DeltaNet in the others; norms of 1 + weight.
Decoder read_hybrid(const Meta& config, const BuildOptions& options, bool grouped_projections) {
  Decoder s = read_decoder(config, options);
  GroupedAttentionBlock& a = s.grouped();
  a.qkv_bias = a.output_bias = config.boolean_or("attention_bias", false);
  a.qk_norm = QkNorm::head;
  a.output_gate = true;
  s.norm.unit_offset = a.norm.unit_offset = true;
  GatedDeltaBlock block = read_gated_delta(config, s.hidden);
  block.grouped = grouped_projections;
  s.recurrent = block;
  const int64_t interval = config.integer_or("full_attention_interval", kInterval, 1, kMaxLayers);
  const std::vector<bool> recurrent = read_recurrent_layers(config, s.layers, interval);
  for (size_t i = 0; i < recurrent.size(); ++i) s.kinds[i].recurrent = recurrent[i];
  return s;
}

}  // namespace

/// Qwen3-Next (Qwen 2025): projections grouped by key head, and Qwen2-MoE's mixture, renormalised. Its draft
/// module (mtp.*) is not built.
Model build_qwen3_next(const Meta& config, const BuildOptions& options) {
  Decoder s = read_hybrid(config, options, true);
  read_qwen_experts(config, s, true);
  read_qwen_shared_expert(config, s);
  return build_decoder(s);
}

/// Qwen3.5's dense text models (Qwen 2026).
Model build_qwen3_5(const Meta& config, const BuildOptions& options) {
  return build_decoder(read_hybrid(config, options, false));
}

}  // namespace clinfer::graph

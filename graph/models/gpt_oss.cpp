#include "graph/models/builders.h"
#include "graph/models/limits.h"
#include "graph/models/local_experts.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {

/// gpt-oss (OpenAI 2025): sliding and full layers in turn, a sink a head, biases everywhere, clamped SwiGLU
/// in experts whose gate and up rows lie in turn.
Model build_gpt_oss(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  GroupedAttentionBlock& a = s.grouped();
  a.qkv_bias = a.output_bias = config.boolean_or("attention_bias", true);
  a.sinks = true;
  read_local_experts(config, s);
  MoeBlock& m = s.moe.value();
  s.names.moe = "mlp";
  m.names = {.router = "router", .gate = "gate_up_proj", .down = "down_proj"};
  m.stored = ExpertsStored::stacked_in_turn;
  m.router_bias = m.expert_bias = true;
  m.limit = read_factor(config, "swiglu_limit", 7.0);
  m.alpha = read_factor(config, "swiglu_alpha", 1.702);
  m.up_offset = 1.0f;
  const std::vector<bool> sliding = sliding_layers(config, s.layers, 2);
  for (size_t i = 0; i < sliding.size(); ++i) {
    if (sliding[i]) s.kinds[i].window = need_window(config);
  }
  return build_decoder(s);
}

}  // namespace clinfer::graph

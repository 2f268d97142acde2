#include <algorithm>

#include "graph/models/builders.h"
#include "graph/models/limits.h"
#include "graph/models/local_experts.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {
namespace {

/// A switch that published configurations also write as a number; on when it is absent.
bool is_set(const Meta& config, std::string_view key) {
  const auto at = config.values().find(key);
  if (at != config.values().end() && std::holds_alternative<int64_t>(at->second.data))
    return std::get<int64_t>(at->second.data) != 0;
  return config.boolean_or(key, true);
}

/// Layers that rotate see their own chunk only; the others see all, with a query scaled by its position.
void read_kinds(const Meta& config, Decoder& s) {
  const int64_t chunk = config.integer_or("attention_chunk_size", 0, 1, kMaxPositions);
  const bool scaled = is_set(config, "attn_temperature_tuning");
  const std::vector<bool> rotates = rotating_layers(config, s.layers);
  for (size_t i = 0; i < rotates.size(); ++i) {
    s.kinds[i].chunk = rotates[i] ? chunk : 0;
    s.kinds[i].rotary = rotates[i] ? 0 : -1;
    s.kinds[i].scaled_query = !rotates[i] && scaled;
  }
}

/// moe_layers, else every interleave_moe_layer_step-th layer.
void mark_sparse(const Meta& config, Decoder& s) {
  const int64_t step = config.integer_or("interleave_moe_layer_step", 1, 0, kMaxLayers);
  std::vector<int64_t> listed;
  if (config.has("moe_layers")) listed = config.integers("moe_layers");
  for (const int64_t layer : listed)
    require_key(config, layer >= 0 && layer < s.layers, "moe_layers", "must be below num_hidden_layers");
  for (int64_t i = 0; i < s.layers; ++i)
    s.kinds[static_cast<size_t>(i)].sparse = config.has("moe_layers")
                                                 ? std::find(listed.begin(), listed.end(), i) != listed.end()
                                                 : step > 0 && (i + 1) % step == 0;
}

}  // namespace

/// The text part of Llama 4 (Meta 2025): chunked layers, and others that know no positions; one expert a
/// token, whose sigmoid weight scales what it reads, beside a shared one.
Model build_llama4(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  GroupedAttentionBlock& a = s.grouped();
  a.qkv_bias = a.output_bias = config.boolean_or("attention_bias", false);
  a.pairing = RopePairing::interleaved;
  if (config.boolean_or("use_qk_norm", true)) a.qk_norm = QkNorm::l2_after_rope;
  a.query_scale = {.factor = read_factor(config, "attn_scale", 0.1),
                   .length = config.integer_or("floor_scale", 8192, 1, kMaxPositions),
                   .steps = true};
  read_local_experts(config, s);
  MoeBlock& m = s.moe.value();
  require_key(config, m.router.top_k == 1, "num_experts_per_tok", "must be 1");
  m.router.score = RouterScore::sigmoid;
  m.router.renormalise = false;
  m.scales_input = true;
  m.shared_intermediate = m.intermediate;
  m.stored = ExpertsStored::stacked_fused;
  m.names = {.router = "router", .gate = "gate_up_proj", .down = "down_proj", .shared = "shared_expert"};
  s.names.mlp = s.names.moe = "feed_forward";
  s.mlp.intermediate = config.integer_or("intermediate_size_mlp", s.mlp.intermediate, 1, kMaxWidth);
  read_kinds(config, s);
  mark_sparse(config, s);
  return build_decoder(s);
}

}  // namespace clinfer::graph

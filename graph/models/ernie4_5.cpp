#include "graph/models/builders.h"
#include "graph/models/decoder.h"
#include "graph/models/limits.h"

namespace clinfer::graph {
namespace {

/// ERNIE 4.5 (Baidu 2025): LLaMA with neighbouring pairs.
Decoder read_ernie(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  GroupedAttentionBlock& a = s.grouped();
  s.tied = config.boolean_or("tie_word_embeddings", true);
  a.qkv_bias = a.output_bias = s.mlp.bias = config.boolean_or("use_bias", false);
  a.pairing = RopePairing::interleaved;
  return s;
}

/// Every moe_layer_interval-th layer from moe_layer_start_index to moe_layer_end_index (-1: the last) is
/// sparse.
void mark_sparse(const Meta& config, Decoder& s) {
  const int64_t every = config.integer_or("moe_layer_interval", 1, 1, kMaxLayers);
  const int64_t first = config.integer_or("moe_layer_start_index", 0, 0, kMaxLayers);
  const int64_t end = config.integer_or("moe_layer_end_index", -1, -1, kMaxLayers);
  const int64_t last = end < 0 ? s.layers - 1 : end;
  for (int64_t i = 0; i < s.layers; ++i)
    s.kinds[static_cast<size_t>(i)].sparse = (i + 1) % every == 0 && i >= first && i <= last;
}

}  // namespace

Model build_ernie4_5(const Meta& config, const BuildOptions& options) {
  return build_decoder(read_ernie(config, options));
}

/// A softmax router with a bias on the choice; the shared experts are one network.
Model build_ernie4_5_moe(const Meta& config, const BuildOptions& options) {
  Decoder s = read_ernie(config, options);
  MoeBlock m;
  m.hidden = s.hidden;
  m.activation = s.mlp.activation;
  m.intermediate = config.integer("moe_intermediate_size", 1, kMaxWidth);
  m.shared_intermediate = m.intermediate * config.integer_or("moe_num_shared_experts", 0, 0, 64);
  m.router.experts = config.integer("moe_num_experts", 1, kMaxExperts);
  m.router.top_k = config.integer("moe_k", 1, m.router.experts);
  m.choice_bias = true;
  m.names.choice_bias = "moe_statics.e_score_correction_bias";
  require_key(config, !s.mlp.bias, "use_bias", "must be false beside experts");
  require_experts_fit(config, s.layers, m, "moe_num_experts");
  s.moe = std::move(m);
  mark_sparse(config, s);
  return build_decoder(s);
}

}  // namespace clinfer::graph

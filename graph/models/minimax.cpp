#include "graph/models/builders.h"
#include "graph/models/limits.h"
#include "graph/models/local_experts.h"

namespace clinfer::graph {
namespace {

ResidualFactors read_factors(const Meta& config, const std::string& of) {
  return {read_factor(config, of + "_alpha_factor", 1.0), read_factor(config, of + "_beta_factor", 1.0)};
}

}  // namespace

/// MiniMax-01 (MiniMax 2025): lightning attention, softmax attention in every eighth layer, Mixtral's
/// mixture; the residual stream is the normed input of each sub-layer.
Model build_minimax(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  GroupedAttentionBlock& a = s.grouped();
  if (config.has("rotary_dim")) {
    a.rope_dim = config.integer("rotary_dim", 2, a.head_dim);
    s.rotaries = {read_rotary(config, a.rope_dim, options.context)};
  }
  s.recurrent = LightningBlock{s.hidden, a.heads, a.head_dim, s.layers, s.norm.eps};
  s.names.recurrent = "self_attn";
  const std::vector<bool> recurrent = read_recurrent_layers(config, s.layers, 2);
  for (size_t i = 0; i < recurrent.size(); ++i) s.kinds[i].recurrent = recurrent[i];
  s.normed_residual = NormedResidual{read_factors(config, "full_attn"), read_factors(config, "linear_attn"),
                                     read_factors(config, "mlp")};
  read_local_experts(config, s);
  return build_decoder(s);
}

}  // namespace clinfer::graph

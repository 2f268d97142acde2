#include "graph/models/builders.h"
#include "graph/models/limits.h"
#include "graph/models/local_experts.h"

namespace clinfer::graph {

/// MiniMax-M2 (2025): a mixture in every layer with a sigmoid router and choice biases; norms of the whole
/// projected query and key; the first rotary_dim columns of a head rotate.
Model build_minimax_m2(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  GroupedAttentionBlock& a = s.grouped();
  if (config.boolean_or("use_qk_norm", true)) a.qk_norm = QkNorm::row;
  if (config.has("rotary_dim")) {
    a.rope_dim = config.integer("rotary_dim", 2, a.head_dim);
    s.rotaries = {read_rotary(config, a.rope_dim, options.context)};
  }
  read_local_experts(config, s);
  s.moe->router.score = RouterScore::sigmoid;
  s.moe->choice_bias = true;
  s.moe->names.choice_bias = "e_score_correction_bias";
  return build_decoder(s);
}

}  // namespace clinfer::graph

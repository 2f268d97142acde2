#include "graph/models/local_experts.h"

#include "graph/models/limits.h"

namespace clinfer::graph {

void read_local_experts(const Meta& config, Decoder& s) {
  MoeBlock m;
  m.hidden = s.hidden;
  m.intermediate = s.mlp.intermediate;
  m.activation = s.mlp.activation;
  m.router.experts = config.integer("num_local_experts", 1, kMaxExperts);
  m.router.top_k = config.integer("num_experts_per_tok", 1, m.router.experts);
  m.names.gate = "w1";
  m.names.up = "w3";
  m.names.down = "w2";
  require_experts_fit(config, s.layers, m, "num_local_experts");
  s.names.moe = "block_sparse_moe";
  s.moe = std::move(m);
  for (LayerKind& kind : s.kinds) kind.sparse = true;
}

}  // namespace clinfer::graph

#include "graph/models/builders.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {

/// Phi-3 and Phi-4 (Abdin et al. 2024): q, k and v in one matrix, gate and up in another; LongRoPE.
Model build_phi3(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  s.grouped().fused = true;
  s.mlp.form = MlpForm::gated_fused;
  s.mlp.gate = "gate_up_proj";
  for (LayerKind& kind : s.kinds) kind.window = read_window(config);
  return build_decoder(s);
}

}  // namespace clinfer::graph

#include "graph/models/builders.h"
#include "graph/models/local_experts.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {

/// Mixtral (Jiang et al. 2024): Mistral with a mixture in every layer, weights a softmax of the chosen.
Model build_mixtral(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  read_local_experts(config, s);
  for (LayerKind& kind : s.kinds) kind.window = read_window(config);
  return build_decoder(s);
}

}  // namespace clinfer::graph

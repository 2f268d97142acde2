#include "graph/models/builders.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {

/// Mistral 7B (Jiang et al. 2023), Nemo and Small: all layers slide when there is a window.
Model build_mistral(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  for (LayerKind& kind : s.kinds) kind.window = read_window(config);
  return build_decoder(s);
}

}  // namespace clinfer::graph

#include "graph/models/builders.h"
#include "graph/models/deepseek_moe.h"

namespace clinfer::graph {

/// DeepSeek-V2 and V2-Lite (DeepSeek-AI 2024): MLA; a softmax router whose groups are scored by their best
/// expert.
Model build_deepseek_v2(const Meta& config, const BuildOptions& options) {
  return build_decoder(read_latent_decoder(config, options, {"softmax", "greedy"}));
}

}  // namespace clinfer::graph

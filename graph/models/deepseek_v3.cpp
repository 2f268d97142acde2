#include "graph/models/builders.h"
#include "graph/models/deepseek_moe.h"
#include "graph/models/draft_module.h"

namespace clinfer::graph {

/// DeepSeek-V3 and R1 (DeepSeek-AI 2024), and what shares the class (Moonlight, Kimi-K2, GLM-4.7-Flash): MLA,
/// a sigmoid router with choice biases and groups, an MTP module.
Model build_deepseek_v3(const Meta& config, const BuildOptions& options) {
  return build_with_draft(config, read_latent_decoder(config, options), options);
}

}  // namespace clinfer::graph

#pragma once

#include "graph/graph.h"

namespace clinfer::graph {

/// The two ways to compute multi-head latent attention.
enum class LatentForm {
  naive,     ///< expand keys and values of the whole context; least work when many tokens are new (prefill)
  absorbed,  ///< move kv_b into query and output and attend over the latents; least traffic for few tokens
             ///< (decode)
};

/// Replaces every LatentAttention by plain ops. Per query-key pair and head the naive form costs
/// 2 (nope + rope + value) FLOP and the absorbed one 2 (2 rank + rope), but naive expands the context first.
void expand_latent_attention(Graph& graph, LatentForm form);

}  // namespace clinfer::graph

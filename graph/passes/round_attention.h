#pragma once

#include <string_view>

#include "graph/graph.h"

namespace clinfer::graph {

/// Whether inference as published for activations of this format multiplies in bf16 within attention.
bool rounds_attention(std::string_view activation_format);

/// Lets kernels round the operands of every attention (Attention::rounded); returns of how many. To be run
/// when latent attention is expanded.
int64_t round_attention(Graph& graph);

}  // namespace clinfer::graph

#pragma once

#include "graph/meta.h"
#include "graph/models/decoder.h"

namespace clinfer::graph {

/// Mixtral's layout of a mixture in every layer: num_local_experts of intermediate_size, num_experts_per_tok
/// of them chosen, under block_sparse_moe.experts.N.{w1, w3, w2}; a renormalised softmax router.
void read_local_experts(const Meta& config, Decoder& s);

}  // namespace clinfer::graph

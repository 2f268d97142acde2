#pragma once

#include "graph/meta.h"
#include "graph/models/decoder.h"

namespace clinfer::graph {

/// The mixture of Qwen's configurations and the layers that have it (decoder_sparse_step, mlp_only_layers).
/// `default_renormalise`: what an absent norm_topk_prob means.
void read_qwen_experts(const Meta& config, Decoder& s, bool default_renormalise);

/// The gated shared expert beside it, shared_expert_intermediate_size wide.
void read_qwen_shared_expert(const Meta& config, Decoder& s);

}  // namespace clinfer::graph

#pragma once

#include "graph/meta.h"
#include "graph/models/decoder.h"

namespace clinfer::graph {

/// What a configuration of DeepSeek's mixtures means by keys it leaves out.
struct DeepseekMoeDefaults {
  std::string score = "sigmoid";
  std::string method = "noaux_tc";
};

/// Reads n_routed_experts, n_shared_experts, the router's keys and which layers are sparse (mlp_layer_types,
/// or first_k_dense_replace and moe_layer_freq) into s.
void read_deepseek_moe(const Meta& config, Decoder& s, const DeepseekMoeDefaults& defaults = {});

/// The decoder of DeepSeek-V2 and what follows it: multi-head latent attention and a mixture.
Decoder read_latent_decoder(const Meta& config, const BuildOptions& options,
                            const DeepseekMoeDefaults& defaults = {});

}  // namespace clinfer::graph

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/meta.h"

namespace clinfer::graph {

/// Rotary frequencies of a model: what the op `rope` needs, and the factor YaRN adds to the softmax scale.
struct Rotary {
  std::vector<float> inv_freq;  ///< [rope_dim / 2]
  float scale = 1.0f;           ///< on cos and sin
  /// m(factor, mscale_all_dim); DeepSeek multiplies the softmax scale by its square.
  double mscale_all_dim_factor = 1.0;
};

/// Columns of a head that rotate: partial_rotary_factor (1 when absent) of head_dim.
int64_t read_rope_dim(const Meta& config, int64_t head_dim);

/// Reads rope_theta and rope_scaling (rope_type default, linear, dynamic, llama3, yarn, longrope) for heads
/// of which rope_dim columns rotate. `context`: tokens a sequence may have, 0: max_position_embeddings;
/// longrope has one table up to original_max_position_embeddings and one beyond. Throws Error(Fault::model)
/// for an unknown rope_type or values out of range. Sources: YaRN (Peng et al. 2023, section 3), Llama 3.1's
/// wavelength ramp, DeepSeek-V2's mscale, LongRoPE (Ding et al. 2024) as Phi-3 uses it, Hunyuan's alpha.
Rotary read_rotary(const Meta& config, int64_t rope_dim, int64_t context = 0);

/// The configuration as layers of one kind ("full_attention", "sliding_attention") see it, where kinds rotate
/// differently: rope_parameters.KIND where it is there. Else the full layers have rope_theta and
/// rope_scaling, the sliding ones `local_theta_key` (rope_theta when absent) and no scaling.
Meta rope_of_kind(const Meta& config, const std::string& kind,
                  std::string_view local_theta_key = "rope_theta");

}  // namespace clinfer::graph

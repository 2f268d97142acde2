#pragma once

#include <cstdint>
#include <vector>

#include "graph/meta.h"

namespace clinfer::graph {

/// Rotary frequencies of a model: what the op `rope` needs, and the factor YaRN adds to the softmax scale.
struct Rotary {
  std::vector<float> inv_freq;  ///< [rope_dim / 2]
  float scale = 1.0f;           ///< on cos and sin
  double mscale_all_dim_factor =
      1.0;  ///< m(factor, mscale_all_dim); DeepSeek multiplies the softmax scale by its square
};

/// Reads rope_theta and rope_scaling (rope_type default, linear, dynamic, llama3, yarn) for heads of which
/// rope_dim columns rotate. Throws Error(Fault::model) for an unknown rope_type or values out of range.
/// Sources: YaRN (Peng et al. 2023, section 3), Llama 3.1's wavelength ramp, DeepSeek-V2's mscale.
Rotary read_rotary(const Meta& config, int64_t rope_dim);

}  // namespace clinfer::graph

#include "graph/models/qwen2.h"

#include "graph/models/dense_decoder.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {

/// Qwen2 and Qwen2.5 (Yang et al. 2024): biases on q, k and v that no key announces.
Model build_qwen2(const Meta& config, const BuildOptions&) {
  DenseDecoder spec = read_dense_decoder(config);
  spec.qkv_bias = true;
  spec.windows = read_windows(config, spec.layers);
  return build_dense_decoder(spec);
}

}  // namespace clinfer::graph

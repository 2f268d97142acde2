#include "graph/models/qwen3.h"

#include "graph/models/dense_decoder.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {

/// Qwen3 dense models (Yang et al. 2025): no biases, RMSNorm of each head's query and key.
Model build_qwen3(const Meta& config, const BuildOptions&) {
  DenseDecoder spec = read_dense_decoder(config);
  spec.qkv_bias = spec.output_bias = config.boolean_or("attention_bias", false);
  spec.qk_norm = true;
  spec.windows = read_windows(config, spec.layers);
  return build_dense_decoder(spec);
}

}  // namespace clinfer::graph

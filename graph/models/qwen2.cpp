#include "graph/models/builders.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {

/// Qwen2 and Qwen2.5 (Yang et al. 2024): biases on q, k and v that no key announces.
Model build_qwen2(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  s.grouped().qkv_bias = true;
  read_qwen_windows(config, s);
  return build_decoder(s);
}

}  // namespace clinfer::graph

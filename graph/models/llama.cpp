#include "graph/models/llama.h"

#include "graph/models/dense_decoder.h"

namespace clinfer::graph {

/// LLaMA 1 to 3.3 (Touvron et al. 2023; Llama 3 herd of models 2024), and what shares its class: SmolLM2,
/// DeepSeek-LLM.
Model build_llama(const Meta& config, const BuildOptions&) {
  DenseDecoder spec = read_dense_decoder(config);
  spec.qkv_bias = spec.output_bias = config.boolean_or("attention_bias", false);
  spec.mlp_bias = config.boolean_or("mlp_bias", false);
  // GGUF files of this architecture hold q and k with rows permuted for interleaved pairs.
  if (config.source() == Meta::Source::gguf) spec.pairing = RopePairing::interleaved;
  return build_dense_decoder(spec);
}

}  // namespace clinfer::graph

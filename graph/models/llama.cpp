#include "graph/models/builders.h"
#include "graph/models/decoder.h"

namespace clinfer::graph {

/// LLaMA 1 to 3.3 (Touvron et al. 2023; Llama 3 herd of models 2024), and what shares its class: SmolLM2,
/// DeepSeek-LLM.
Model build_llama(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  GroupedAttentionBlock& a = s.grouped();
  a.qkv_bias = a.output_bias = config.boolean_or("attention_bias", false);
  s.mlp.bias = config.boolean_or("mlp_bias", false);
  // GGUF files of this architecture hold q and k with rows permuted for interleaved pairs.
  if (config.source() == Meta::Source::gguf) a.pairing = RopePairing::interleaved;
  return build_decoder(s);
}

}  // namespace clinfer::graph

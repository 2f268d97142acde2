#include "graph/models/builders.h"
#include "graph/models/decoder.h"

namespace clinfer::graph {

/// Seed-OSS (ByteDance 2025): LLaMA whose output projection has a bias key of its own.
Model build_seed_oss(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  s.grouped().qkv_bias = config.boolean_or("attention_bias", true);
  s.grouped().output_bias = config.boolean_or("attention_out_bias", false);
  s.mlp.bias = config.boolean_or("mlp_bias", false);
  return build_decoder(s);
}

}  // namespace clinfer::graph

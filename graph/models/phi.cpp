#include "graph/models/builders.h"
#include "graph/models/decoder.h"
#include "graph/models/limits.h"

namespace clinfer::graph {

/// Phi-1 to Phi-2 (Li et al. 2023): attention and an ungated network side by side behind one LayerNorm,
/// biases everywhere, part of each head rotates.
Model build_phi(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  s.norm = {.kind = NormKind::layer, .eps = read_eps(config, "layer_norm_eps", 1e-5), .bias = true};
  s.parallel = true;
  s.head_bias = true;
  s.names.norm = "model.final_layernorm";
  GroupedAttentionBlock& a = s.grouped();
  a.qkv_bias = a.output_bias = true;
  a.output = "dense";
  require_key(config, !config.boolean_or("qk_layernorm", false), "qk_layernorm", "must be false");
  require_key(config, s.mlp.activation == Activation::gelu_tanh, "hidden_act", "must be gelu_new");
  s.mlp.form = MlpForm::plain;
  s.mlp.bias = true;
  s.mlp.up = "fc1";
  s.mlp.down = "fc2";
  return build_decoder(s);
}

}  // namespace clinfer::graph

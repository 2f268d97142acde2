#include "graph/models/builders.h"
#include "graph/models/decoder.h"
#include "graph/models/limits.h"

namespace clinfer::graph {

/// Nemotron-4 and Minitron (NVIDIA 2024): LayerNorm whose weight is its distance from one, part of each head
/// rotates, an ungated network with squared ReLU.
Model build_nemotron(const Meta& config, const BuildOptions& options) {
  MetaValue::Object values = config.values();
  require_key(config, config.string_or("hidden_act", "relu2") == "relu2", "hidden_act", "must be relu2");
  values["hidden_act"] = MetaValue();
  values.try_emplace("partial_rotary_factor", MetaValue(0.5));
  Decoder s = read_decoder({config.file(), config.source(), std::move(values)}, options);
  s.norm = {
      .kind = NormKind::layer, .eps = read_eps(config, "norm_eps", 1e-5), .unit_offset = true, .bias = true};
  s.grouped().qkv_bias = s.grouped().output_bias = config.boolean_or("attention_bias", false);
  s.mlp.bias = config.boolean_or("mlp_bias", false);
  s.mlp.form = MlpForm::plain;
  s.mlp.plain_activation = Function::relu_squared;
  return build_decoder(s);
}

}  // namespace clinfer::graph

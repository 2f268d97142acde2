#include <cmath>

#include "graph/models/decoder.h"
#include "graph/models/limits.h"

namespace clinfer::graph {
namespace {

GroupedAttentionBlock read_attention(const Meta& config, int64_t hidden) {
  GroupedAttentionBlock a;
  a.hidden = hidden;
  a.heads = config.integer("num_attention_heads", 1, kMaxHeads);
  a.kv_heads = config.integer_or("num_key_value_heads", a.heads, 1, a.heads);
  require_key(config, a.heads % a.kv_heads == 0, "num_key_value_heads", "must divide num_attention_heads");
  if (!config.has("head_dim"))
    require_key(config, hidden % a.heads == 0, "num_attention_heads",
                "must divide hidden_size when there is no head_dim");
  a.head_dim = config.integer_or("head_dim", hidden / a.heads, 2, kMaxWidth);
  a.rope_dim = read_rope_dim(config, a.head_dim);
  a.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(a.head_dim)));
  return a;
}

/// hidden_act; both names of the tanh form of GELU.
Activation read_activation(const Meta& config) {
  const std::string act = config.string_or("hidden_act", "silu");
  const bool silu = act == "silu" || act == "swish";
  require_key(config, silu || act == "gelu_pytorch_tanh" || act == "gelu_new", "hidden_act",
              "must be silu, gelu_pytorch_tanh or gelu_new, got \"" + act + "\"");
  return silu ? Activation::silu : Activation::gelu_tanh;
}

}  // namespace

Decoder read_decoder_frame(const Meta& config) {
  Decoder s;
  s.layers = config.integer("num_hidden_layers", 1, kMaxLayers);
  s.hidden = config.integer("hidden_size", 1, kMaxWidth);
  s.vocab = config.integer("vocab_size", 1, kMaxVocab);
  s.max_positions = config.integer_or("max_position_embeddings", 2048, 1, kMaxPositions);
  s.norm.eps = read_eps(config);
  s.tied = config.boolean_or("tie_word_embeddings", false);
  s.kinds.resize(static_cast<size_t>(s.layers));
  s.mlp.hidden = s.hidden;
  s.mlp.intermediate = config.integer("intermediate_size", 1, kMaxWidth);
  s.mlp.activation = read_activation(config);
  return s;
}

Decoder read_decoder(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder_frame(config);
  GroupedAttentionBlock attention = read_attention(config, s.hidden);
  attention.norm.eps = s.norm.eps;
  s.rotaries = {read_rotary(config, attention.rope_dim, options.context)};
  s.attention = std::move(attention);
  return s;
}

}  // namespace clinfer::graph

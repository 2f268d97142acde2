#include "graph/models/dense_decoder.h"

#include <cmath>

#include "graph/models/blocks.h"
#include "graph/models/limits.h"
#include "quant/error.h"

namespace clinfer::graph {
namespace {

struct Shared {
  DecoderInputs in;
  ValueId inv_freq;
};

ValueId attention(Builder& b, const DenseDecoder& s, const Shared& shared, const std::string& prefix,
                  int64_t layer, ValueId x) {
  const int64_t q_cols = s.heads * s.head_dim;
  const int64_t kv_cols = s.kv_heads * s.head_dim;
  ValueId q = linear(b, prefix + ".q_proj", x, s.hidden, q_cols, s.qkv_bias);
  ValueId k = linear(b, prefix + ".k_proj", x, s.hidden, kv_cols, s.qkv_bias);
  const ValueId v = linear(b, prefix + ".v_proj", x, s.hidden, kv_cols, s.qkv_bias);
  if (s.qk_norm) {
    q = rms_norm(b, prefix + ".q_norm", q, s.head_dim, s.eps);
    k = rms_norm(b, prefix + ".k_norm", k, s.head_dim, s.eps);
  }
  const Rope rope{s.head_dim, 0, s.head_dim, s.pairing, s.rotary.scale};
  q = b.add(rope, prefix + ".q_rope", {q, shared.in.positions, shared.inv_freq});
  k = b.add(rope, prefix + ".k_rope", {k, shared.in.positions, shared.inv_freq});
  const ValueId keys = b.add(CacheAppend{}, prefix + ".keys.append",
                             {b.cache(prefix + ".keys", kv_cols, s.head_dim), k, shared.in.positions});
  const ValueId values = b.add(CacheAppend{}, prefix + ".values.append",
                               {b.cache(prefix + ".values", kv_cols, s.head_dim), v, shared.in.positions});
  Attention op;
  op.heads = s.heads;
  op.kv_heads = s.kv_heads;
  op.key_dim = op.value_dim = s.head_dim;
  op.keys = op.values = {0, s.head_dim};
  op.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(s.head_dim)));
  op.window = s.windows.empty() ? 0 : s.windows[static_cast<size_t>(layer)];
  const ValueId y = b.add(op, prefix + ".attention", {q, keys, values, shared.in.positions});
  return linear(b, prefix + ".o_proj", y, q_cols, s.hidden, s.output_bias);
}

}  // namespace

DenseDecoder read_dense_decoder(const Meta& config) {
  DenseDecoder s;
  s.layers = config.integer("num_hidden_layers", 1, kMaxLayers);
  s.hidden = config.integer("hidden_size", 1, kMaxWidth);
  s.intermediate = config.integer("intermediate_size", 1, kMaxWidth);
  s.heads = config.integer("num_attention_heads", 1, kMaxHeads);
  s.kv_heads = config.integer_or("num_key_value_heads", s.heads, 1, s.heads);
  require_key(config, s.heads % s.kv_heads == 0, "num_key_value_heads", "must divide num_attention_heads");
  if (!config.has("head_dim"))
    require_key(config, s.hidden % s.heads == 0, "num_attention_heads",
                "must divide hidden_size when there is no head_dim");
  s.head_dim = config.integer_or("head_dim", s.hidden / s.heads, 2, kMaxWidth);
  s.vocab = config.integer("vocab_size", 1, kMaxVocab);
  s.max_positions = config.integer_or("max_position_embeddings", 2048, 1, kMaxPositions);
  s.eps = read_eps(config);
  s.tied = config.boolean_or("tie_word_embeddings", false);
  require_silu(config);
  s.rotary = read_rotary(config, s.head_dim);
  return s;
}

Model build_dense_decoder(const DenseDecoder& s) {
  Builder b("main");
  Shared shared{add_decoder_inputs(b), -1};
  shared.inv_freq = b.constant("inv_freq", s.rotary.inv_freq);
  const ValueId table = b.weight("model.embed_tokens.weight", s.vocab, s.hidden);
  ValueId x = b.add(Embedding{}, "model.embed_tokens", {shared.in.ids, table});
  for (int64_t i = 0; i < s.layers; ++i) {
    b.stage(static_cast<int>(i));
    const std::string p = "model.layers." + std::to_string(i);
    const ValueId normed = rms_norm(b, p + ".input_layernorm", x, s.hidden, s.eps);
    x = residual(b, p + ".attn_residual", x, attention(b, s, shared, p + ".self_attn", i, normed));
    const ValueId mlp_in = rms_norm(b, p + ".post_attention_layernorm", x, s.hidden, s.eps);
    x = residual(b, p + ".mlp_residual", x,
                 swiglu(b, p + ".mlp", mlp_in, s.hidden, s.intermediate, s.mlp_bias));
  }
  b.stage(static_cast<int>(s.layers));
  x = b.add(SelectRows{}, "output_rows.select", {x, shared.in.output_rows});
  x = rms_norm(b, "model.norm", x, s.hidden, s.eps);
  const ValueId head = s.tied ? table : b.weight("lm_head.weight", s.vocab, s.hidden);
  b.output(b.add(Linear{}, "lm_head", {x, head}), "logits");
  Model model;
  model.main = b.finish(static_cast<int>(s.layers));
  model.layers = s.layers;
  model.hidden_size = s.hidden;
  model.vocab_size = s.vocab;
  model.max_positions = s.max_positions;
  return model;
}

}  // namespace clinfer::graph

#include "graph/models/latent_attention_block.h"

#include <cmath>

#include "graph/models/blocks.h"
#include "graph/models/limits.h"
#include "graph/models/norm_block.h"

namespace clinfer::graph {
namespace {

/// The norms inside MLA have their own default eps, whatever rms_norm_eps says.
constexpr NormBlock kLatentNorm{.eps = 1e-6f};

struct Query {
  ValueId q;
  ValueId latent = -1;  ///< normed; -1: the model has a single q_proj
};

Query query(Builder& b, const LatentAttentionBlock& s, const std::string& prefix, ValueId x) {
  const int64_t cols = s.heads * (s.nope_dim + s.rope_dim);
  if (s.q_rank == 0) return {linear(b, prefix + ".q_proj", x, s.hidden, cols)};
  ValueId latent = linear(b, prefix + ".q_a_proj", x, s.hidden, s.q_rank, s.bias);
  latent = norm(b, prefix + ".q_a_layernorm", latent, s.q_rank, kLatentNorm);
  return {linear(b, prefix + ".q_b_proj", latent, s.q_rank, cols), latent};
}

}  // namespace

LatentAttentionBlock read_latent_attention(const Meta& config, int64_t context) {
  LatentAttentionBlock s;
  s.hidden = config.integer("hidden_size", 1, kMaxWidth);
  s.heads = config.integer("num_attention_heads", 1, kMaxHeads);
  s.q_rank = config.integer_or("q_lora_rank", 0, 0, kMaxWidth);
  s.kv_rank = config.integer("kv_lora_rank", 1, kMaxWidth);
  s.nope_dim = config.integer("qk_nope_head_dim", 1, kMaxWidth);
  s.rope_dim = config.integer("qk_rope_head_dim", 2, kMaxWidth);
  s.value_dim = config.integer("v_head_dim", 1, kMaxWidth);
  s.bias = config.boolean_or("attention_bias", false);
  s.pairing = config.boolean_or("rope_interleave", true) ? RopePairing::interleaved : RopePairing::half;
  s.rotary = read_rotary(config, s.rope_dim, context);
  return s;
}

ValueId latent_attention(Builder& b, const LatentAttentionBlock& s, const std::string& prefix, ValueId x,
                         ValueId positions, ValueId inv_freq, ValueId* selected) {
  const int64_t head_dim = s.nope_dim + s.rope_dim;
  const Query made = query(b, s, prefix, x);
  const auto rotated = [&](ValueId rows, int64_t dim, int64_t offset, const std::string& name) {
    if (inv_freq < 0) return rows;
    const Rope rope{dim, offset, s.rope_dim, s.pairing, s.rotary.scale};
    return b.add(rope, prefix + name, {rows, positions, inv_freq});
  };
  const ValueId q = rotated(made.q, head_dim, s.nope_dim, ".q_rope");

  const ValueId kv = linear(b, prefix + ".kv_a_proj_with_mqa", x, s.hidden, s.kv_rank + s.rope_dim, s.bias);
  ValueId latent = b.add(Slice{0, s.kv_rank}, prefix + ".latent", {kv});
  latent = norm(b, prefix + ".kv_a_layernorm", latent, s.kv_rank, kLatentNorm);
  ValueId key = b.add(Slice{s.kv_rank, s.rope_dim}, prefix + ".key", {kv});
  key = rotated(key, s.rope_dim, 0, ".k_rope");
  ValueId cache = b.cache(prefix + ".latents", s.kv_rank + s.rope_dim, s.kv_rank, s.rope_dim);
  cache = b.add(CacheAppend{0}, prefix + ".latent.append", {cache, latent, positions});
  cache = b.add(CacheAppend{s.kv_rank}, prefix + ".key.append", {cache, key, positions});

  LatentAttention op;
  op.heads = s.heads;
  op.nope_dim = s.nope_dim;
  op.rope_dim = s.rope_dim;
  op.value_dim = s.value_dim;
  op.rank = s.kv_rank;
  const double m = s.rotary.mscale_all_dim_factor;
  op.scale = static_cast<float>(m * m / std::sqrt(static_cast<double>(head_dim)));
  const ValueId kv_b =
      b.weight(prefix + ".kv_b_proj.weight", s.heads * (s.nope_dim + s.value_dim), s.kv_rank);
  std::vector<ValueId> operands = {q, cache, kv_b, positions};
  if (s.indexer.heads > 0) {
    ValueId rows = selected != nullptr ? *selected : -1;
    if (rows < 0)
      rows = indexer(b, s.indexer, prefix + ".indexer",
                     {x, made.latent, positions, inv_freq, s.hidden, s.q_rank, s.rotary});
    if (selected != nullptr) *selected = rows;
    op.selected = s.indexer.count;
    operands.push_back(rows);
  }
  const ValueId y = b.add(op, prefix + ".attention", std::move(operands));
  return linear(b, prefix + ".o_proj", y, s.heads * s.value_dim, s.hidden, s.bias);
}

}  // namespace clinfer::graph

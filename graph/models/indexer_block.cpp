#include "graph/models/indexer_block.h"

#include "graph/models/blocks.h"
#include "graph/models/limits.h"
#include "graph/models/norm_block.h"

namespace clinfer::graph {

IndexerBlock read_indexer(const Meta& config, RopePairing default_pairing, int64_t context) {
  IndexerBlock s;
  s.heads = config.integer("index_n_heads", 1, kMaxHeads);
  s.dim = config.integer("index_head_dim", 2, kMaxWidth);
  s.count = config.integer("index_topk", 1, kMaxPositions);
  require_key(config, s.dim >= config.integer("qk_rope_head_dim", 2, kMaxWidth), "index_head_dim",
              "must be at least qk_rope_head_dim, the columns that rotate");
  require_key(config, config.integer_or("q_lora_rank", 0, 0, kMaxWidth) > 0, "q_lora_rank",
              "must be there: the indexer reads the query's latent");
  const bool interleaved =
      config.boolean_or("indexer_rope_interleave", default_pairing == RopePairing::interleaved);
  s.pairing = interleaved ? RopePairing::interleaved : RopePairing::half;
  const int64_t most =
      context > 0 ? context : config.integer_or("max_position_embeddings", kMaxPositions, 1, kMaxPositions);
  if (most <= s.count) s.heads = 0;
  return s;
}

ValueId indexer(Builder& b, const IndexerBlock& s, const std::string& prefix, const IndexerInputs& in) {
  constexpr NormBlock kKeyNorm{.kind = NormKind::layer, .eps = 1e-6f, .bias = true};
  const auto rope_dim = static_cast<int64_t>(2 * in.rotary.inv_freq.size());
  const Rope rope{s.dim, 0, rope_dim, s.pairing, in.rotary.scale};
  ValueId q = linear(b, prefix + ".wq_b", in.q_latent, in.q_rank, s.heads * s.dim);
  q = b.add(rope, prefix + ".q_rope", {q, in.positions, in.inv_freq});
  ValueId key = linear(b, prefix + ".wk", in.x, in.hidden, s.dim);
  key = norm(b, prefix + ".k_norm", key, s.dim, kKeyNorm);
  key = b.add(rope, prefix + ".k_rope", {key, in.positions, in.inv_freq});
  ValueId keys = b.cache(prefix + ".keys", s.dim, s.dim);
  keys = b.add(CacheAppend{0}, prefix + ".keys.append", {keys, key, in.positions});
  const ValueId weights = linear(b, prefix + ".weights_proj", in.x, in.hidden, s.heads);
  return b.add(LightningIndexer{s.heads, s.dim, s.count}, prefix, {q, keys, weights, in.positions});
}

}  // namespace clinfer::graph

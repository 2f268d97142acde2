#include "graph/models/grouped_attention_block.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace clinfer::graph {
namespace {

struct Heads {
  ValueId q = -1;
  ValueId k = -1;
  ValueId v = -1;
};

/// The block in one layer.
class Layer {
 public:
  Layer(Builder& b, const GroupedAttentionBlock& s, const std::string& prefix, const LayerPosition& at)
      : b_(b), s_(s), prefix_(prefix + "."), at_(at) {}

  ValueId output(ValueId x) {
    Heads h = project(x);
    if (norms_before()) norm_heads(h);
    if (s_.clip > 0) clip(h);
    h = rotated(h);
    if (at_.shared != nullptr && at_.shared->keys < 0) at_.shared->keys = h.k;
    if (norms_behind()) norm_heads(h);
    if (at_.scaled_query) h.q = b_.add(s_.query_scale, prefix_ + "q_scale", {h.q, at_.positions});
    const ValueId keys = kept("keys", h.k);
    const ValueId values = reads_shared_ ? at_.shared->values : kept("values", h.v);
    if (at_.shared != nullptr) at_.shared->values = values;
    ValueId y = attend(h.q, keys, values);
    if (s_.output_gate) y = b_.add(Glu{Activation::sigmoid}, prefix_ + "gated", {gate_, y});
    return linear(b_, prefix_ + s_.output, y, s_.heads * s_.head_dim, s_.hidden, s_.output_bias, s_.stored);
  }

 private:
  int64_t q_cols() const { return s_.heads * s_.head_dim; }
  int64_t kv_cols() const { return s_.kv_heads * s_.head_dim; }
  bool norms_behind() const {
    return s_.qk_norm == QkNorm::head_after_rope ||
           (s_.qk_norm == QkNorm::l2_after_rope && at_.inv_freq >= 0);
  }
  bool norms_before() const {
    return s_.qk_norm == QkNorm::head || s_.qk_norm == QkNorm::each_head || s_.qk_norm == QkNorm::row;
  }

  ValueId projected(const std::string& name, ValueId x, int64_t cols) {
    return linear(b_, prefix_ + name, x, s_.hidden, cols, s_.qkv_bias, s_.stored);
  }

  ValueId gated_query(ValueId x) {
    const ValueId both = projected(s_.q, x, 2 * q_cols());
    const int64_t dim = s_.head_dim;
    gate_ = b_.add(Slice{dim, dim, s_.heads, 2 * dim}, prefix_ + "gate", {both});
    return b_.add(Slice{0, dim, s_.heads, 2 * dim}, prefix_ + "query", {both});
  }

  ValueId query(ValueId x) {
    if (s_.output_gate) return gated_query(x);
    if (s_.q_rank == 0) return projected(s_.q, x, q_cols());
    const ValueId latent =
        norm(b_, prefix_ + s_.q_latent_norm, projected(s_.q, x, s_.q_rank), s_.q_rank, s_.norm);
    return linear(b_, prefix_ + s_.q_up, latent, s_.q_rank, q_cols());
  }

  Heads project_fused(ValueId x) {
    const ValueId all = projected(s_.qkv, x, q_cols() + 2 * kv_cols());
    const auto part = [&](const std::string& name, int64_t index, int64_t first, int64_t cols) {
      const Slice of_heads{index * s_.head_dim, s_.head_dim, s_.heads, 3 * s_.head_dim};
      return b_.add(s_.heads_in_turn ? of_heads : Slice{first, cols}, prefix_ + name, {all});
    };
    return {part("query", 0, 0, q_cols()), part("key", 1, q_cols(), kv_cols()),
            part("value", 2, q_cols() + kv_cols(), kv_cols())};
  }

  Heads project(ValueId x) {
    if (s_.fused) return project_fused(x);
    const ValueId q = query(x);
    reads_shared_ = at_.shared != nullptr && at_.shared->keys >= 0;
    if (reads_shared_) return {q, at_.shared->keys, -1};
    const ValueId k = projected(s_.k, x, kv_cols());
    return {q, k, projected(s_.v, x, kv_cols())};
  }

  ValueId normed(const std::string& name, ValueId x, int64_t heads) {
    if (s_.qk_norm == QkNorm::l2_after_rope) {
      const std::vector<float> ones(static_cast<size_t>(s_.head_dim), 1.0f);
      return b_.add(RmsNorm{s_.norm.eps}, name, {x, b_.constant(name + ".ones", ones)});
    }
    if (s_.qk_norm == QkNorm::row) return norm(b_, name, x, heads * s_.head_dim, s_.norm);
    return norm(b_, name, x, s_.head_dim, s_.norm, s_.qk_norm == QkNorm::each_head ? heads : 1);
  }

  void norm_heads(Heads& h) {
    h.q = normed(prefix_ + s_.q_norm, h.q, s_.heads);
    h.k = normed(prefix_ + s_.k_norm, h.k, s_.kv_heads);
  }

  void clip(Heads& h) {
    const Pointwise clip{Function::clamp, s_.clip};
    h = {b_.add(clip, prefix_ + "q_clip", {h.q}), b_.add(clip, prefix_ + "k_clip", {h.k}),
         b_.add(clip, prefix_ + "v_clip", {h.v})};
  }

  Heads rotated(Heads h) {
    if (at_.inv_freq < 0) return h;
    Rope rope{s_.head_dim, 0, s_.rope_dim, s_.pairing, at_.scale};
    rope.period = s_.dual_chunk.length;
    const auto turn = [&](const Rope& op, const std::string& name, ValueId x) {
      return b_.add(op, prefix_ + name, {x, at_.positions, at_.inv_freq});
    };
    const ValueId q = h.q;
    h.q = turn(rope, "q_rope", q);
    if (!reads_shared_) h.k = turn(rope, "k_rope", h.k);
    if (s_.dual_chunk.length == 0) return h;
    const DualChunk& chunk = s_.dual_chunk;
    Rope before = rope;  // keys of the chunk before
    before.shift = chunk.length;
    before.limit = chunk.most;
    Rope others = rope;  // keys of all others: one distance whatever the query's place in its chunk
    others.period = 1;
    others.shift = std::min(2 * chunk.length - 1, chunk.most);
    h.q = b_.add(Concat{}, prefix_ + "q_near", {h.q, turn(before, "q_before", q)});
    h.q = b_.add(Concat{}, prefix_ + "q_views", {h.q, turn(others, "q_others", q)});
    return h;
  }

  ValueId kept(const std::string& name, ValueId rows) {
    const ValueId cache = b_.cache(prefix_ + name, kv_cols(), s_.head_dim);
    return b_.add(CacheAppend{}, prefix_ + name + ".append", {cache, rows, at_.positions});
  }

  ValueId attend(ValueId q, ValueId keys, ValueId values) {
    Attention op;
    op.heads = s_.heads;
    op.kv_heads = s_.kv_heads;
    op.key_dim = op.value_dim = s_.head_dim;
    op.keys = op.values = {0, s_.head_dim};
    op.scale = s_.scale;
    op.mask.window = at_.window;
    op.mask.chunk = at_.chunk;
    op.softcap = s_.softcap;
    op.sinks = s_.sinks;
    op.alibi = !s_.slopes.empty();
    if (s_.dual_chunk.length > 0) op.views = QueryViews::chunk_distance;
    op.view_chunk = s_.dual_chunk.length;
    std::vector<ValueId> in = {q, keys, values, at_.positions};
    if (op.sinks) in.push_back(b_.vector(prefix_ + "sinks", s_.heads));
    if (op.alibi) in.push_back(b_.constant(prefix_ + "slopes", s_.slopes));
    return b_.add(op, prefix_ + "attention", std::move(in));
  }

  Builder& b_;
  const GroupedAttentionBlock& s_;
  std::string prefix_;
  const LayerPosition& at_;
  bool reads_shared_ = false;
  ValueId gate_ = -1;  ///< of the output
};

}  // namespace

std::vector<float> alibi_slopes(int64_t heads) {
  const auto n = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(heads)));
  std::vector<float> slopes;
  for (int64_t i = 0; i < heads; ++i) {
    const double step = i < n ? static_cast<double>(i + 1) : static_cast<double>(i - n) + 0.5;
    slopes.push_back(static_cast<float>(std::exp2(-8.0 * step / static_cast<double>(n))));
  }
  return slopes;
}

ValueId grouped_attention(Builder& b, const GroupedAttentionBlock& s, const std::string& prefix, ValueId x,
                          const LayerPosition& at) {
  return Layer(b, s, prefix, at).output(x);
}

}  // namespace clinfer::graph

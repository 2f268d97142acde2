#pragma once

#include "graph/op.h"
#include "graph/ops/attention_mask.h"

namespace clinfer::graph {

/// Where the keys (or values) of a head lie in a row of a cache or matrix: column offset + kv_head *
/// head_stride.
struct HeadLayout {
  int64_t offset = 0;
  int64_t head_stride = 0;
  bool operator==(const HeadLayout&) const = default;
};

/// Queries that were rotated for more than one distance: which of its views of a query a key meets.
enum class QueryViews {
  one,
  first_rows,  ///< two: view 1 for first rows that the window would hide, view 0 for the rest (StreamingLLM)
  chunk_distance,  ///< three: view min(2, p / view_chunk - s / view_chunk) (dual chunk attention, An et al.
                   ///< 2024)
};
int64_t count_of(QueryViews views);

/// Rows to attend to, chosen for each query (DeepSeek-V3.2's indexer, NSA's selected branch): `count` ids of
/// blocks of `block` rows, for each of `sets` sets of heads in order; -1: none. An id is there once at most.
struct Selection {
  int64_t count = 0;  ///< 0: all rows that the mask lets through
  int64_t sets = 1;
  int64_t block = 1;
  bool operator==(const Selection&) const = default;
};

/// Causal softmax attention over the context; MHA, GQA and MQA, and both forms of MLA.
/// (q f32[tokens, views * heads * (key_dim + shared_dim)], keys, values, positions i32[tokens, 1], then of
/// shared, sinks, slopes and selected those that the attributes ask for) -> f32[tokens, heads * value_dim].
/// keys, values and shared are caches, or f32[context, n]; `shared` (shared_dim > 0) are key columns that all
/// heads share (MLA's rotary part), behind the head's own. Row s of them belongs to position s.
///   score(t, h, s) = cap(scale * (q[t, h] . [key[s, h / (heads / kv_heads)] | shared[s]])) + slope[h] * (s -
///   p) y = sum_s softmax(score) value[s],   cap(x) = softcap * tanh(x / softcap) when softcap > 0 (Gemma 2)
/// over the rows s that mask and selection let position p = position[t] see; a query that sees none gives 0.
/// sinks f32[1, heads]: one more score a head whose weight counts in the sum only (gpt-oss). slopes f32[1,
/// heads]: ALiBi (Press et al. 2021). selected i32[tokens, sets * count].
/// C1 q is f32 with views * heads * (key_dim + shared_dim) columns; C2 heads is a multiple of kv_heads and of
/// sets; C3 keys, values and shared are caches or f32[context, n] wide enough for the layouts; C4 as many
/// operands as the attributes ask for; C5 positions is i32[tokens, 1]; C6 the mask is consistent, dims > 0,
/// softcap >= 0; C7 sinks and slopes are f32[1, heads], selected i32[tokens, sets * count]; C8 view_chunk > 0
/// exactly with chunk_distance, mask.first > 0 with first_rows.
struct Attention {
  static constexpr std::string_view kName = "attention";
  int64_t heads = 1;
  int64_t kv_heads = 1;
  int64_t key_dim = 1;
  int64_t value_dim = 1;
  int64_t shared_dim = 0;
  HeadLayout keys{};
  HeadLayout values{};
  int64_t shared_offset = 0;
  float scale = 1.0f;
  AttentionMask mask{};
  float softcap = 0.0f;  ///< 0: none
  bool sinks = false;
  bool alibi = false;
  Selection selection{};
  QueryViews views = QueryViews::one;
  int64_t view_chunk = 0;
  /// Queries, keys, values and the softmax's weights may be rounded to bf16 (a relative error of 2^-9 each)
  /// before they are multiplied.
  bool rounded = false;
  bool operator==(const Attention&) const = default;

  /// Index of an optional operand, -1 when the attributes do not ask for it.
  int shared_operand() const { return shared_dim > 0 ? 4 : -1; }
  int sinks_operand() const { return sinks ? 4 + (shared_dim > 0) : -1; }
  int slopes_operand() const { return alibi ? 4 + (shared_dim > 0) + sinks : -1; }
  int selected_operand() const { return selection.count > 0 ? 4 + (shared_dim > 0) + sinks + alibi : -1; }
  size_t operand_count() const;

  /// Rows that head h of token t sees, in the order in which they are gone through.
  std::vector<int64_t> seen_rows(Inputs in, int64_t t, int64_t h) const;
  /// Which view of the query at position p row s meets, 0 <= view < count_of(views).
  int64_t view_of(int64_t p, int64_t s) const;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph

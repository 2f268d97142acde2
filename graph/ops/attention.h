#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// Where the keys (or values) of a head lie in a row of a cache or matrix: column offset + kv_head *
/// head_stride.
struct HeadLayout {
  int64_t offset = 0;
  int64_t head_stride = 0;
  bool operator==(const HeadLayout&) const = default;
};

/// Causal softmax attention over the context; MHA, GQA and MQA, and both forms of MLA.
/// (q f32[tokens, heads * (key_dim + shared_dim)], keys, values, positions i32[tokens, 1], shared) ->
/// f32[tokens, heads * value_dim] keys, values and shared are caches, or f32[context, n]; `shared` is there
/// only when shared_dim > 0: key columns that all heads share (MLA's rotary part), behind the head's own. Row
/// s of them belongs to position s.
///   score(t, h, s) = scale * (q[t, h] . [key[s, h / (heads / kv_heads)] | shared[s]]),  y = sum_s
///   softmax(score) value[s]
/// over s <= position[t], and s > position[t] - window when window > 0.
/// C1 q is f32 with heads * (key_dim + shared_dim) columns; C2 heads is a multiple of kv_heads; C3 keys,
/// values and shared are caches or f32[context, n] wide enough for the layouts; C4 shared_dim > 0 exactly
/// when it is given; C5 positions is i32[tokens, 1]; C6 window >= 0, dims > 0.
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
  int64_t window = 0;  ///< 0: none
  bool operator==(const Attention&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph

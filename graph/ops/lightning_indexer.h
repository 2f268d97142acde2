#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// The lightning indexer of DeepSeek Sparse Attention (DeepSeek-V3.2): (q f32[tokens, heads * dim], keys a
/// cache of width dim or f32[context, dim], weights f32[tokens, heads], positions i32[tokens, 1]) ->
/// i32[tokens, count]: the `count` rows s <= position[t] of highest
///   score(t, s) = sum_h weights[t, h] * relu(q[t, h] . key[s]),
/// of equal scores the lower row, in rising order; -1 behind them where fewer rows exist. The published
/// factors on the score, dim^-0.5 and heads^-0.5, are positive and change no choice.
/// C1 q is f32 with heads * dim columns, dims and count > 0; C2 keys is a cache or f32[context, dim]; C3
/// weights is f32[tokens, heads]; C4 positions is i32[tokens, 1].
struct LightningIndexer {
  static constexpr std::string_view kName = "lightning_indexer";
  int64_t heads = 1;
  int64_t dim = 1;
  int64_t count = 1;
  bool operator==(const LightningIndexer&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
  /// Scores of rows 0 .. position[t] for token t.
  std::vector<double> scores(Inputs in, int64_t t) const;
};

}  // namespace clinfer::graph

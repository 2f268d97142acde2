#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// Branches of attention weighed by gates, a gate a head (native sparse attention, eq. 5): (gates f32[tokens,
/// n * heads], y_1, ..., y_n f32[tokens, heads * dim]), n <= 3 -> f32[tokens, heads * dim]:
///   sum_b sigmoid(gates[t, b * heads + h]) y_b[t, h].
/// C1 one to three branches of f32[r, heads * dim]; C2 gates is f32[r, n * heads].
struct GatedSum {
  static constexpr std::string_view kName = "gated_sum";
  static constexpr size_t kMostBranches = 3;
  int64_t heads = 1;
  bool operator==(const GatedSum&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const { return {{"heads", std::to_string(heads)}}; }
};

}  // namespace clinfer::graph

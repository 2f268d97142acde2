#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// Weighted sum of a row's experts: (y f32[r, top_k * n], weights f32[r, top_k]) -> f32[r, n]; sum_j
/// weights[j] y[j]. C1 both are f32 with the same rows; C2 y's columns are a multiple of top_k.
struct ExpertCombine {
  static constexpr std::string_view kName = "expert_combine";
  bool operator==(const ExpertCombine&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const { return {}; }
};

}  // namespace clinfer::graph

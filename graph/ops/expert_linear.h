#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// A row's matrices are those of the experts it was routed to: (x, ids i32[r, top_k], weight experts x [n,
/// k], optional bias [experts, n]) -> f32[r, top_k * n]. x is f32[r, k], plain or quantised, shared by the
/// row's experts, or with per_slot f32[r, top_k * k], one part an expert.
///   y[t, j] = x[t (, j)] W[ids[t, j]]^T + bias[ids[t, j]]
/// C1 ids is i32 with x's rows; C2 the weight stacks at least as many experts as ids has columns; C3 x.cols
/// == k (top_k * k when per_slot); C4 k fills the blocks of a quantised per_slot x; C5 a bias is f32[experts,
/// n].
struct ExpertLinear {
  static constexpr std::string_view kName = "expert_linear";
  bool per_slot = false;
  bool operator==(const ExpertLinear&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const { return {{"per_slot", per_slot ? "true" : "false"}}; }
};

}  // namespace clinfer::graph

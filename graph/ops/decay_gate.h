#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// How much of its state a recurrent layer keeps (Mamba-2, Dao and Gu 2024; gated DeltaNet; KDA):
/// (x f32[r, n], log_rate f32 of h elements, bias f32[1, n]) -> f32[r, n] in [0, 1];
/// y[., c] = exp(-exp(log_rate[c / (n / h)]) * softplus(x[., c] + bias[c])), softplus(z) = ln(1 + exp(z)).
/// C1 x is f32; C2 log_rate is f32 of known size, and n is a multiple of its elements; C3 the bias is f32[1,
/// n].
struct DecayGate {
  static constexpr std::string_view kName = "decay_gate";
  bool operator==(const DecayGate&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const { return {}; }
};

}  // namespace clinfer::graph

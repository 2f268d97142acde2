#pragma once

#include "graph/op.h"

namespace clinfer::graph {

enum class Activation { silu };

/// Gated linear unit (Shazeer 2020): (gate f32[r, n], up f32[r, n]) -> f32[r, n]; y = activation(gate) * up,
/// silu(x) = x / (1 + exp(-x)).
/// C1 both have the same type, f32.
struct Glu {
  static constexpr std::string_view kName = "glu";
  Activation activation = Activation::silu;
  bool operator==(const Glu&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const { return {{"activation", "silu"}}; }
};

}  // namespace clinfer::graph

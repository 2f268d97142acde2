#pragma once

#include "graph/op.h"

namespace clinfer::graph {

enum class Activation { silu, gelu_tanh };

/// silu(x) = x / (1 + exp(-x)); gelu_tanh(x) = x / (1 + exp(-2 u)) with u = sqrt(2 / pi) (x + 0.044715 x^3),
/// which equals x / 2 (1 + tanh u) (Hendrycks and Gimpel 2016).
double activate(Activation activation, double x);

/// Gated linear unit (Shazeer 2020): y = activation(gate) * up.
/// (gate f32[r, n], up f32[r, n]) -> f32[r, n], or, with width > 0, both in one operand:
/// (x f32[r, slots * 2 * width]) -> f32[r, slots * width], each slot [gate | up].
/// C1 both have the same type, f32; C2 with width > 0 there is one operand, f32 with a multiple of 2 * width
/// columns, else there are two.
struct Glu {
  static constexpr std::string_view kName = "glu";
  Activation activation = Activation::silu;
  int64_t width = 0;
  bool operator==(const Glu&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph

#pragma once

#include "graph/op.h"

namespace clinfer::graph {

enum class Function { scale, clamp, softcap, sigmoid, gelu_tanh, relu_squared, silu };

/// (x f32[r, n]) -> f32[r, n], element by element, with parameter p:
///   scale p x; clamp min(max(x, -p), p); softcap p tanh(x / p); sigmoid 1 / (1 + exp(-x));
///   gelu_tanh as in graph/ops/glu.h; relu_squared max(x, 0)^2 (So et al. 2021). silu as in
///   graph/ops/glu.h. From sigmoid on there is no parameter.
/// C1 x is f32; C2 p > 0 for clamp and softcap.
struct Pointwise {
  static constexpr std::string_view kName = "pointwise";
  Function function = Function::scale;
  float parameter = 1.0f;
  bool operator==(const Pointwise&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph

#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// Rows scaled by their position p: (x f32[tokens, n], positions i32[tokens, 1]) -> f32 like x; y = f(p) x
/// with
///   r = (p + shift) / length;  f = 1 + factor ln(1 + floor(r)) with `steps` (Llama 4's attention
///   temperature), else 1 + factor max(0, ln(r)) (the length factor of Qwen2.5-1M).
/// C1 x is f32; C2 positions is i32 with one column and x's rows; C3 length > 0, shift >= 0.
struct PositionScale {
  static constexpr std::string_view kName = "position_scale";
  float factor = 0.1f;
  int64_t length = 1;
  int64_t shift = 1;
  bool steps = false;
  bool operator==(const PositionScale&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph

#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// Root mean square norm (Zhang and Sennrich 2019) over groups of g columns, so that one op serves whole rows
/// and single heads: (x f32[r, n], weight [1, g]) -> f32[r, n];
/// y = x / sqrt(mean(x^2 over the group) + eps) * weight, with unit_offset * (1 + weight) (checkpoints that
/// hold the weight's distance from one). C1 x is f32; C2 the weight is one row and n is a multiple of its g;
/// C3 eps >= 0.
struct RmsNorm {
  static constexpr std::string_view kName = "rms_norm";
  float eps = 1e-6f;
  bool unit_offset = false;
  bool operator==(const RmsNorm&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph

#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// Layer norm (Ba et al. 2016) over groups of g columns: (x f32[r, n], weight [h, g], optional bias [h, g])
/// -> f32[r, n]; y = (x - mean) / sqrt(variance + eps) * weight + bias, mean and variance of the group; with
/// unit_offset * (1 + weight), as in graph/ops/rms_norm.h. Group
/// i of a row has row i mod h of weight and bias: one for all, or one a head. C1 x is f32; C2 the weight is
/// f32[h, g] and n is a multiple of h * g; C3 a bias has the weight's shape; C4 eps >= 0.
struct LayerNorm {
  static constexpr std::string_view kName = "layer_norm";
  float eps = 1e-5f;
  bool unit_offset = false;
  bool operator==(const LayerNorm&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph

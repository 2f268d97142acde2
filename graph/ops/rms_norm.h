#pragma once

#include <string>

#include "graph/op.h"

namespace clinfer::graph {

/// Root mean square norm (Zhang and Sennrich 2019) over groups of g columns, whole rows or single heads:
/// (x f32[r, n], weight [1, g], delta f32[r, n]?) -> (y f32[r, n], z f32[r, n]?, plain f32[r, n]?). With z =
/// x + delta, or x: y = z / sqrt(mean(z^2 over the group) + eps) * weight, with unit_offset * (1 + weight)
/// (checkpoints that hold the weight's distance from one). With a format of activations y is held in it,
/// rounded as Quantize does, and also_plain gives it without that as the last result.
/// C1 x is f32; C2 the weight is one row and n is a multiple of its g; C3 eps >= 0; C4 delta is of x's type;
/// C5 the format is none or one of kActivationFormats, also_plain only with one.
struct RmsNorm {
  static constexpr std::string_view kName = "rms_norm";
  float eps = 1e-6f;
  bool unit_offset = false;
  std::string format{};  ///< of y; empty: plain f32
  bool also_plain = false;
  bool operator==(const RmsNorm&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph

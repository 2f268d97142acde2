#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// Columns [offset, offset + width), and the same of each of `parts` parts of `stride` columns, side by side:
/// (x f32[r, n]) -> f32[r, parts * width]. Reads a cache as f32[context, width].
/// C1 0 <= offset, 0 < width, 0 < parts, 0 <= stride, offset + (parts - 1) * stride + width <= n; C2 one part
/// of a cache.
struct Slice {
  static constexpr std::string_view kName = "slice";
  int64_t offset = 0;
  int64_t width = 1;
  int64_t parts = 1;
  int64_t stride = 0;
  bool operator==(const Slice&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph

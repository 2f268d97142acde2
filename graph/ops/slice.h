#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// Columns [offset, offset + width): (x f32[r, n]) -> f32[r, width]. Reads a cache as f32[context, width].
/// C1 0 <= offset, 0 < width, offset + width <= n.
struct Slice {
  static constexpr std::string_view kName = "slice";
  int64_t offset = 0;
  int64_t width = 1;
  bool operator==(const Slice&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph

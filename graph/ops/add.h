#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// (a f32[r, n], b f32[r, n] or f32[1, n]) -> f32[r, n]; y = a + scale * b, a single row of b under every row
/// of a.
/// C1 a is f32, b f32 of a's type or one row with a's columns.
struct Add {
  static constexpr std::string_view kName = "add";
  float scale = 1.0f;
  bool operator==(const Add&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph

#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// Side by side: (a f32[r, n], b f32[r, m]) -> f32[r, n + m].
/// C1 both are f32 with the same rows.
struct Concat {
  static constexpr std::string_view kName = "concat";
  bool operator==(const Concat&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const { return {}; }
};

}  // namespace clinfer::graph

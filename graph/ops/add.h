#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// (a f32[r, n], b f32[r, n]) -> f32[r, n].
/// C1 both have the same type, f32.
struct Add {
  static constexpr std::string_view kName = "add";
  bool operator==(const Add&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const { return {}; }
};

}  // namespace clinfer::graph

#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// (x f32[r, n], rows i32[outputs, 1]) -> f32[outputs, n]; row i is x[rows[i]].
/// C1 x is f32; C2 rows is i32 with one column.
struct SelectRows {
  static constexpr std::string_view kName = "select_rows";
  bool operator==(const SelectRows&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const { return {}; }
};

}  // namespace clinfer::graph

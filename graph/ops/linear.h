#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// (x f32[r, k], plain or quantised, weight [n, k], optional bias [1, n]) -> f32[r, n]; y = x weight^T +
/// bias. The weight may be in any quant format; its values are decode(codes, scales). C1 x is f32 and the
/// weight one matrix; C2 x.cols == weight.cols; C3 a bias has weight.rows columns.
struct Linear {
  static constexpr std::string_view kName = "linear";
  bool operator==(const Linear&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const { return {}; }
};

}  // namespace clinfer::graph

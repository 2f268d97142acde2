#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// Rows of a table by token id: (ids i32[tokens, 1], table weight [vocab, n]) -> f32[tokens, n], times scale.
/// C1 ids is i32 with one column; C2 the table is a weight matrix.
struct Embedding {
  static constexpr std::string_view kName = "embedding";
  float scale = 1.0f;
  bool operator==(const Embedding&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph

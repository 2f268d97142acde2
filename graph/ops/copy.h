#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// The same value on another device: (x) -> x. Its node stands on the device that receives.
/// C1 x is a result or an input, not a weight or cache.
struct Copy {
  static constexpr std::string_view kName = "copy";
  bool operator==(const Copy&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const { return {}; }
};

}  // namespace clinfer::graph

#pragma once

#include "graph/ops.h"

namespace clinfer::kernels {

/// How far each element of a result may lie from the reference. Derived from the arithmetic, never chosen per
/// test: a dot product of k terms in floats is within 4 * eps * (k + 8) * sum |a||b|; copies and integers are
/// exact (0). `expected` are the reference's outputs.
graph::Array error_limits(const graph::Op& op, graph::Inputs in, graph::Inputs expected, size_t output);

/// The element that is worst in units of its limit.
struct Comparison {
  bool ok = true;
  int64_t failures = 0;
  int64_t row = 0;
  int64_t col = 0;
  double expected = 0;
  double actual = 0;
  double limit = 0;
};

/// NaN matches NaN, an infinity itself.
Comparison compare(const graph::Array& expected, const graph::Array& actual, const graph::Array& limits);

}  // namespace clinfer::kernels

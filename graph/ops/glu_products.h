#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// Glu (glu.h) as Shazeer wrote it down, of x and two matrices: gate = x W^T, up = x V^T, and y rounded to
/// a format. (x f32[r, k], plain or quantised, W [n, k], V [n, k]) -> f32[r, n] in the format of the op,
/// which has one and neither width nor clamps. C5 of glu.
struct GluProducts {
  Array gate;
  Array up;
};
GluProducts glu_products(Inputs in);

}  // namespace clinfer::graph

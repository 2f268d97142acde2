#pragma once

#include "graph/op.h"
#include "host/kernels/trial.h"

namespace clinfer::kernels {

/// A value as devices hold it: f32 and i32 rows, caches in their format, weights encoded by their format's
/// default rule. The array has the value's rows for these sizes (a weight: experts * rows).
Bytes encode(const graph::Value& value, const graph::Array& array);

/// The inverse: what the interpreter computes with, so that a format's rounding counts for both.
graph::Array decode(const graph::Value& value, const Bytes& bytes, const graph::Sizes& sizes);

}  // namespace clinfer::kernels

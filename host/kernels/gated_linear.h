#pragma once

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Glu of two matrices (graph/ops/glu_products.h) on any device: both products into scratch memory, then a
/// launch that gates and rounds.
Support supports_glu_linear_rows(const OpContext& context);
Prepared prepare_glu_linear_rows(const OpContext& context);
/// Its second launch: of products f32 [2][tokens][rows] at the start of the scratch memory, the gate's first,
/// the rounded results.
Launch gated_linear_rounding(const OpContext& context);

}  // namespace clinfer::kernels

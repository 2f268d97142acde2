#pragma once

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Glu of two matrices (graph/ops/glu_products.h) on any device: both products into scratch memory, then a
/// launch that gates and rounds.
Support supports_glu_linear_rows(const OpContext& context);
Prepared prepare_glu_linear_rows(const OpContext& context);

}  // namespace clinfer::kernels

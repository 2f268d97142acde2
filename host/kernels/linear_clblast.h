#pragma once

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Dense float weights for many tokens by CLBlast's tuned Sgemm.
Support supports_linear_clblast(const OpContext& context);
Prepared prepare_linear_clblast(const OpContext& context);

}  // namespace clinfer::kernels

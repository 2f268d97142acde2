#pragma once

#include <cstddef>

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Linear of several matrices by what supports and prepares that of one: no with the first one's reason that
/// is refused; the launches of each matrix behind those of the one before, of which the first `of_x`, which
/// depend on x alone, are made once. All share the scratch memory.
Support supports_each(const OpContext& context, Support (*supports)(const OpContext&));
Prepared prepare_each(const OpContext& context, Prepared (*prepare)(const OpContext&), size_t of_x = 0);

}  // namespace clinfer::kernels

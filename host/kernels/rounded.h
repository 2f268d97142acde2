#pragma once

#include "host/kernels/variant.h"

namespace clinfer::kernels {

// Of nodes whose first result is held in a format of activations.

/// Yes where one work-item makes whole runs of columns and rounds them itself.
Support supports_runs(const OpContext& context);
/// Yes where a warp makes blocks of E4M3 of parts of `cols` columns, four a lane.
Support supports_warps(const OpContext& context, int64_t cols);

/// Constants of kernels that write f32, or the node's first result as records.
std::vector<std::string> rounded_defines(const OpContext& context, bool records);

/// `plain`, which makes the result in f32 as `values` (scratch memory, or another result of the node), and
/// the launch that rounds it.
Prepared then_rounded(const OpContext& context, Launch plain, const BufferRef& values);

}  // namespace clinfer::kernels

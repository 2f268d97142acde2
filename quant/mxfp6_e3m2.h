#pragma once

#include "quant/minifloat.h"
#include "quant/mx_blocks.h"

namespace clinfer::quant {

/// MXFP6 E3M2: four 6-bit codes in three bytes (see packing.h). rceil: 25.55 dB on Gaussian weights,
/// floor 25.38.
inline constexpr Format kMxfp6E3m2 = MxBlocks<E3m2, ScaleMode::rceil>::format(
    "mxfp6_e3m2", "OCP Microscaling Formats (MX) v1.0", "+-28", "rceil,amax");

}  // namespace clinfer::quant

#pragma once

#include "quant/minifloat.h"
#include "quant/mx_blocks.h"

namespace clinfer::quant {

/// MXFP6 E2M3: four 6-bit codes in three bytes (see packing.h). floor: 31.05 dB on Gaussian weights,
/// rceil 31.03.
inline constexpr Format kMxfp6E2m3 = MxBlocks<E2m3, ScaleMode::floor>::format(
    "mxfp6_e2m3", "OCP Microscaling Formats (MX) v1.0", "+-7.5", "floor,amax");

}  // namespace clinfer::quant

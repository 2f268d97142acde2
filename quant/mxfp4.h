#pragma once

#include "quant/minifloat.h"
#include "quant/mx_blocks.h"

namespace clinfer::quant {

/// MXFP4: two E2M1 codes a byte, the even element in the low nibble. even: 19.01 dB on Gaussian weights,
/// floor 18.85, rceil 18.52.
inline constexpr Format kMxfp4 = MxBlocks<E2m1, ScaleMode::even>::format(
    "mxfp4", "OCP Microscaling Formats (MX) v1.0", "+-6", "even,amax");

}  // namespace clinfer::quant

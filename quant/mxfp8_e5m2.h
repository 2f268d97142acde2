#pragma once

#include "quant/minifloat.h"
#include "quant/mx_blocks.h"

namespace clinfer::quant {

/// MXFP8 E5M2: a byte a code. rceil: 25.55 dB on Gaussian weights, floor 25.38.
inline constexpr Format kMxfp8E5m2 = MxBlocks<E5m2, ScaleMode::rceil>::format(
    "mxfp8_e5m2", "OCP Microscaling Formats (MX) v1.0", "+-57344", "rceil,amax");

}  // namespace clinfer::quant

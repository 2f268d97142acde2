#pragma once

#include "quant/minifloat.h"
#include "quant/mx_blocks.h"

namespace clinfer::quant {

/// MXFP8 E4M3: a byte a code. rceil keeps the largest value from saturating (31.5 dB on Gaussian weights,
/// floor 30.7).
inline constexpr Format kMxfp8E4m3 = MxBlocks<E4m3, ScaleMode::rceil>::format(
    "mxfp8_e4m3", "OCP Microscaling Formats (MX) v1.0", "+-448", "rceil,amax");

}  // namespace clinfer::quant

#pragma once

#include "quant/fp8_blocks.h"

namespace clinfer::quant {

/// E4M3 codes and one scale for each row (output channel, or token), amax / 448.
inline constexpr Format kFp8E4m3Row =
    Fp8Blocks<E4m3, 1, kWhole, false>::format("fp8_e4m3_row", "OCP OFP8 E4M3, one scale a row", "+-448");

}  // namespace clinfer::quant

#pragma once

#include "quant/fp8_blocks.h"

namespace clinfer::quant {

/// E5M2 codes and one scale for each row, amax / 57344.
inline constexpr Format kFp8E5m2Row =
    Fp8Blocks<E5m2, 1, kWhole, false>::format("fp8_e5m2_row", "OCP OFP8 E5M2, one scale a row", "+-57344");

}  // namespace clinfer::quant

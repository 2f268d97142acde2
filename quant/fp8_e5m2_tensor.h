#pragma once

#include "quant/fp8_blocks.h"

namespace clinfer::quant {

/// E5M2 codes and one scale for the matrix, amax / 57344.
inline constexpr Format kFp8E5m2Tensor = Fp8Blocks<E5m2, kWhole, kWhole, false>::format(
    "fp8_e5m2_tensor", "OCP OFP8 E5M2, one scale a matrix", "+-57344");

}  // namespace clinfer::quant

#pragma once

#include "quant/fp8_blocks.h"

namespace clinfer::quant {

/// E4M3 codes and one scale for the matrix, amax / 448.
inline constexpr Format kFp8E4m3Tensor = Fp8Blocks<E4m3, kWhole, kWhole, false>::format(
    "fp8_e4m3_tensor", "OCP OFP8 E4M3, one scale a matrix", "+-448");

}  // namespace clinfer::quant

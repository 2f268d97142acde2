#pragma once

#include "quant/fp8_blocks.h"

namespace clinfer::quant {

/// E4M3 codes and a scale for every 128 of a row: how DeepSeek-V3 quantises activations, max(amax, 1e-4) /
/// 448.
inline constexpr Format kFp8E4m3Row128 = Fp8Blocks<E4m3, 1, 128, true>::format(
    "fp8_e4m3_1x128", "DeepSeek-V3 technical report, section 3.3.2", "+-448");

}  // namespace clinfer::quant

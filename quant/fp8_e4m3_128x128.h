#pragma once

#include "quant/fp8_blocks.h"

namespace clinfer::quant {

/// E4M3 codes and a scale for every 128 x 128, max(amax, 1e-4) / 448: DeepSeek-V3's weights (published
/// checkpoints call the scale `weight_scale_inv`). With ue8m0, scales are powers of two, as in DeepSeek-V3.1.
inline constexpr Format kFp8E4m3Block128 = Fp8Blocks<E4m3, 128, 128, true>::format(
    "fp8_e4m3_128x128", "DeepSeek-V3 technical report, section 3.3.2", "+-448");

}  // namespace clinfer::quant

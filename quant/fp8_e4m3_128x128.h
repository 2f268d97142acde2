#pragma once

#include "quant/format.h"

namespace clinfer::quant {

/// E4M3 codes [rows, cols] and one float scale per block of 128 x 128, [ceil(rows / 128), ceil(cols / 128)];
/// value = code * scale (published checkpoints call the scale `weight_scale_inv`).
/// Encoding: scale = max(amax, 1e-4) / 448 and code = E4M3(value / scale), where amax is over the finite
/// values of the block; Inf and NaN become NaN codes and leave their neighbours alone.
void decode_fp8_e4m3_128x128(const uint8_t* codes, const uint8_t* scales, int64_t row, int64_t cols,
                             float* out);
void encode_fp8_e4m3_128x128(const float* values, int64_t rows, int64_t cols, uint8_t* codes,
                             uint8_t* scales);

inline constexpr Format kFp8E4m3Block128{"fp8_e4m3_128x128",
                                         1,
                                         1,
                                         128,
                                         128,
                                         ScaleType::f32,
                                         "DeepSeek-V3 technical report, section 3.3.2",
                                         decode_fp8_e4m3_128x128,
                                         encode_fp8_e4m3_128x128};

}  // namespace clinfer::quant

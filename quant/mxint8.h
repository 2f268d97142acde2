#pragma once

#include "quant/format.h"

namespace clinfer::quant {

/// MXINT8: int8 codes [rows, cols] and one E8M0 scale byte e per 32 columns, [rows, ceil(cols / 32)];
/// value = code * 2^-6 * 2^(e - 127).
/// Encoding: e by the floor rule, codes nearest even, clamped to +-127 (-128 is never made but decodes to
/// -2). A block that holds Inf or NaN gets e = 0xFF and decodes to NaN; a zero block gets e = 0.
void decode_mxint8(const uint8_t* codes, const uint8_t* scales, int64_t row, int64_t cols, float* out);
void encode_mxint8(const float* values, int64_t rows, int64_t cols, uint8_t* codes, uint8_t* scales);

inline constexpr Format kMxint8{
    "mxint8",     1, 1, 1, 32, ScaleType::e8m0, "OCP Microscaling Formats (MX) v1.0, MXINT8", decode_mxint8,
    encode_mxint8};

}  // namespace clinfer::quant

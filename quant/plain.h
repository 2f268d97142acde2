#pragma once

#include "quant/format.h"

namespace clinfer::quant {

/// Formats without scales, one element after the other: float, IEEE binary16, bfloat16.
void decode_f32(const uint8_t* codes, const uint8_t* scales, int64_t row, int64_t cols, float* out);
void encode_f32(const float* values, int64_t rows, int64_t cols, uint8_t* codes, uint8_t* scales);
void decode_f16(const uint8_t* codes, const uint8_t* scales, int64_t row, int64_t cols, float* out);
void encode_f16(const float* values, int64_t rows, int64_t cols, uint8_t* codes, uint8_t* scales);
void decode_bf16(const uint8_t* codes, const uint8_t* scales, int64_t row, int64_t cols, float* out);
void encode_bf16(const float* values, int64_t rows, int64_t cols, uint8_t* codes, uint8_t* scales);

inline constexpr Format kF32{"f32", 1, 4, 1, 1, ScaleType::none, "IEEE 754 binary32", decode_f32, encode_f32};
inline constexpr Format kF16{"f16", 1, 2, 1, 1, ScaleType::none, "IEEE 754 binary16", decode_f16, encode_f16};
inline constexpr Format kBf16{"bf16", 1, 2, 1, 1, ScaleType::none, "bfloat16, RNE", decode_bf16, encode_bf16};

}  // namespace clinfer::quant

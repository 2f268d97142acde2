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

constexpr Format plain_format(std::string_view name, int64_t bytes, std::string_view source,
                              decltype(Format::decode_row) decode, decltype(Format::encode) encode,
                              std::string_view range) {
  Format format{name, 1, bytes, 1, 1, ScaleType::none, source, decode, encode, range};
  format.on_device = true;
  return format;
}

inline constexpr Format kF32 =
    plain_format("f32", 4, "IEEE 754 binary32", decode_f32, encode_f32, "+-3.403e38");
inline constexpr Format kF16 = plain_format("f16", 2, "IEEE 754 binary16", decode_f16, encode_f16, "+-65504");
inline constexpr Format kBf16 =
    plain_format("bf16", 2, "bfloat16, nearest even", decode_bf16, encode_bf16, "+-3.390e38");

}  // namespace clinfer::quant

#pragma once

#include "quant/inline_blocks.h"

namespace clinfer::quant {

/// Q5_0 block of 32: half d, u32 h, 16 bytes; byte j holds the low four bits of element j in its low and of
/// element j + 16 in its high nibble, bit i of h is the fifth bit of element i; value = (q - 16) * d.
/// Encoding: d = (first value of the largest magnitude) / -16; q = min(31, trunc(value / d + 16.5)). A block
/// with Inf or NaN gets a NaN d.
/// With `mse`, d is searched from there (inline_search.h).
void decode_q5_0(const uint8_t* block, float* out);
void encode_q5_0(const float* values, uint8_t* block);
void search_q5_0(const float* values, const float* weights, uint8_t* block);

inline constexpr Format kQ5_0 = searched_block_format<32, 22, decode_q5_0, encode_q5_0, search_q5_0>(
    "q5_0", "GGUF Q5_0", "-16..15", "f16 d");

}  // namespace clinfer::quant

#pragma once

#include "quant/inline_blocks.h"

namespace clinfer::quant {

/// Q4_1 block of 32: half d, half m, 16 bytes; byte j holds element j in its low and element j + 16 in its
/// high nibble; value = q * d + m.
/// Encoding: d = (max - min) / 15, m = min; q = min(15, trunc((value - m) / d + 0.5)). A block whose max -
/// min overflows gets a NaN d, as one with Inf or NaN does.
/// With `mse`, d and m are searched from there (inline_search.h).
void decode_q4_1(const uint8_t* block, float* out);
void encode_q4_1(const float* values, uint8_t* block);
void search_q4_1(const float* values, const float* weights, uint8_t* block);

inline constexpr Format kQ4_1 = searched_block_format<32, 20, decode_q4_1, encode_q4_1, search_q4_1>(
    "q4_1", "GGUF Q4_1", "0..15", "f16 d, f16 m");

}  // namespace clinfer::quant

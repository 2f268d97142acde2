#pragma once

#include "quant/inline_blocks.h"

namespace clinfer::quant {

/// Q5_1 block of 32: half d, half m, then the codes as in Q5_0; value = q * d + m.
/// Encoding: d = (max - min) / 31, m = min; q = min(31, trunc((value - m) / d + 0.5)). A block whose max -
/// min overflows gets a NaN d, as one with Inf or NaN does.
/// With `mse`, d and m are searched from there (inline_search.h).
void decode_q5_1(const uint8_t* block, float* out);
void encode_q5_1(const float* values, uint8_t* block);
void search_q5_1(const float* values, const float* weights, uint8_t* block);

inline constexpr Format kQ5_1 = searched_block_format<32, 24, decode_q5_1, encode_q5_1, search_q5_1>(
    "q5_1", "GGUF Q5_1", "0..31", "f16 d, f16 m");

}  // namespace clinfer::quant

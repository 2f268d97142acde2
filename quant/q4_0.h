#pragma once

#include "quant/inline_blocks.h"

namespace clinfer::quant {

/// Q4_0 block of 32: half d, 16 bytes; byte j holds element j in its low and element j + 16 in its high
/// nibble; value = (q - 8) * d.
/// Encoding: d = (the first value of largest magnitude) / -8; q = min(15, trunc(value / d + 8.5)).
/// With `mse`, d is searched from there (inline_search.h).
void decode_q4_0(const uint8_t* block, float* out);
void encode_q4_0(const float* values, uint8_t* block);
void search_q4_0(const float* values, const float* weights, uint8_t* block);

inline constexpr Format kQ4_0 = searched_block_format<32, 18, decode_q4_0, encode_q4_0, search_q4_0>(
    "q4_0", "GGUF Q4_0", "-8..7", "f16 d");

}  // namespace clinfer::quant

#pragma once

#include "quant/inline_blocks.h"

namespace clinfer::quant {

/// Q8_0 block of 32: half d, 32 x int8 q; value = q * d.
/// Encoding: d = amax / 127; q = value / d, halves away from zero, with d not yet rounded to half.
/// With `mse`, d is searched from there (inline_search.h).
void decode_q8_0(const uint8_t* block, float* out);
void encode_q8_0(const float* values, uint8_t* block);
void search_q8_0(const float* values, const float* weights, uint8_t* block);

inline constexpr Format kQ8_0 = searched_block_format<32, 34, decode_q8_0, encode_q8_0, search_q8_0>(
    "q8_0", "GGUF Q8_0", "-127..127", "f16 d");

}  // namespace clinfer::quant

#pragma once

#include "quant/inline_blocks.h"
#include "quant/k_super_block.h"

namespace clinfer::quant {

/// Q4_K super-block of 256 in 144 bytes: the header of k_super_block.h, then 128 bytes of nibbles: byte 32 g
/// + i holds element i of sub-block 2 g in its low and of sub-block 2 g + 1 in its high nibble.
void decode_q4_k(const uint8_t* block, float* out);
void encode_q4_k(const float* values, uint8_t* block);
void encode_weighted_q4_k(const float* values, const float* importance, uint8_t* block);

inline constexpr Format kQ4K =
    weighted_block_format<256, 144, decode_q4_k, encode_q4_k, encode_weighted_q4_k>(
        "q4_k", "GGUF Q4_K", "0..15", "f16 d, dmin; 6-bit scale, min per 32");

}  // namespace clinfer::quant

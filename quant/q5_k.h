#pragma once

#include "quant/inline_blocks.h"
#include "quant/k_super_block.h"

namespace clinfer::quant {

/// Q5_K super-block of 256 in 176 bytes: the header of k_super_block.h; 32 bytes of fifth bits: bit j of byte
/// i is that of element i of sub-block j; 128 bytes of nibbles as in Q4_K.
void decode_q5_k(const uint8_t* block, float* out);
void encode_q5_k(const float* values, uint8_t* block);
void encode_weighted_q5_k(const float* values, const float* importance, uint8_t* block);

inline constexpr Format kQ5K =
    weighted_block_format<256, 176, decode_q5_k, encode_q5_k, encode_weighted_q5_k>(
        "q5_k", "GGUF Q5_K", "0..31", "f16 d, dmin; 6-bit scale, min per 32");

}  // namespace clinfer::quant

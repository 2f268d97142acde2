#pragma once

#include "quant/inline_blocks.h"

namespace clinfer::quant {

/// Q6_K super-block of 256 in 210 bytes, value = d * scale * (q - 32): 128 bytes of low nibbles, 64 bytes of
/// upper bit pairs, 16 int8 scales (one for every 16 elements), half d. Of each half h of 128 elements,
/// element 32 p + i (p = 0..3, i = 0..31) has its low four bits in byte 64 h + 32 (p % 2) + i (low nibble for
/// p < 2, high for p >= 2) and its upper two in bits 2 p of byte 128 + 32 h + i. Encoding: a sub-block's
/// scale is the one of 19 tried, (32 +- k / 10) / -(first value of the largest magnitude), that least squares
/// weighted with value^2 like best; d = (largest scale in magnitude) / -128. A super-block below 1e-15 is all
/// zero bytes; one with Inf, NaN or a value beyond 2^60 gets a NaN d.
void decode_q6_k(const uint8_t* block, float* out);
void encode_q6_k(const float* values, uint8_t* block);
/// Weighted with the importance of each column in place of value^2, [256] > 0.
void encode_weighted_q6_k(const float* values, const float* importance, uint8_t* block);

inline constexpr Format kQ6K =
    weighted_block_format<256, 210, decode_q6_k, encode_q6_k, encode_weighted_q6_k>(
        "q6_k", "GGUF Q6_K", "-32..31", "f16 d; int8 scale per 16");

}  // namespace clinfer::quant

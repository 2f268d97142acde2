#pragma once

#include "quant/inline_blocks.h"

namespace clinfer::quant {

/// GGUF's MXFP4 block of 32: E8M0 byte e, 16 bytes; byte j holds element j in its low and element j + 16 in
/// its high nibble, E2M1 codes; value = code * 2^(e - 127). Encoding: e by the floor rule, codes to the
/// nearest value, ties toward zero, and zero always code 0. The exponent comes from the bits: just below a
/// power of two ggml's float log2f is one too high, here it is not. A block with Inf or NaN gets e = 0xFF and
/// decodes to NaN.
/// With `mse`, e is searched from there.
void decode_gguf_mxfp4(const uint8_t* block, float* out);
void encode_gguf_mxfp4(const float* values, uint8_t* block);
void search_gguf_mxfp4(const float* values, const float* weights, uint8_t* block);

inline constexpr Format kGgufMxfp4 =
    searched_block_format<32, 17, decode_gguf_mxfp4, encode_gguf_mxfp4, search_gguf_mxfp4>(
        "gguf_mxfp4", "GGUF MXFP4", "+-6", "e8m0");

}  // namespace clinfer::quant

#pragma once

#include "quant/inline_blocks.h"

namespace clinfer::quant {

/// What the sixteen codes of IQ4_NL stand for.
inline constexpr float kIq4NlValues[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                           1,    13,   25,  38,  53,  69,  89,  113};

/// IQ4_NL block of 32: half d, 16 bytes; byte j holds element j in its low and element j + 16 in its high
/// nibble; value = kIq4NlValues[q] * d.
/// Encoding, weighting errors with value^2 (with an importance, and `search`: importance * sqrt(2 mean of
/// squares + value^2)): starting from d = (first value of the largest magnitude) / 127, d
/// is fitted to the codes by least squares; `search` tries 15 more starts, -120 to -134 in place of 127, and
/// codes with the best d (as ggml's quantize_iq4_nl does); `nosearch` keeps the codes of the start (as its
/// quantize_row_iq4_nl_ref). A block below 1e-15 gets d = 0 and codes 8; one with Inf, NaN or a value beyond
/// 2^60 a NaN d.
void decode_iq4_nl(const uint8_t* block, float* out);
void encode_iq4_nl(const float* values, uint8_t* block);
void encode_iq4_nl_with(const EncodeOptions& options, const float* values, int64_t rows, int64_t cols,
                        uint8_t* codes, uint8_t* scales);

inline constexpr Format kIq4Nl = [] {
  Format format = inline_block_format<32, 18, decode_iq4_nl, encode_iq4_nl>("iq4_nl", "GGUF IQ4_NL",
                                                                            "-127..113", "f16 d");
  format.encode_chosen = encode_iq4_nl_with;
  format.options = kScaleSearch;
  format.default_options = "search";
  return format;
}();

}  // namespace clinfer::quant

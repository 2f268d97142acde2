#pragma once

#include <vector>

#include "quant/format.h"
#include "quant/importance.h"

namespace clinfer::quant {

/// Encodes / decodes one block of a format that keeps its scales inside its blocks, as GGUF's do.
using DecodeBlock = void (*)(const uint8_t* block, float* out);
using EncodeBlock = void (*)(const float* values, uint8_t* block);
/// Encodes with the scale of the least error, where the squared errors weigh weights[elements of a block] >
/// 0.
using SearchBlock = void (*)(const float* values, const float* weights, uint8_t* block);

/// cols / elems; throws std::invalid_argument when it is not whole.
int64_t blocks_in_row(int64_t cols, int64_t elems);

/// Whether no value is Inf or NaN. ggml leaves such blocks undefined; here their scale becomes NaN, so that
/// all of the block decodes to NaN.
bool all_finite(const float* values, int64_t count);

/// 1 / scale for scaling values to codes; 0 where scale is zero or so small that its inverse overflows (as a
/// half it is stored as zero anyway).
float inverse_scale(float scale);

template <int64_t Elems, int64_t Bytes, DecodeBlock Decode>
void decode_row_of_blocks(const uint8_t* codes, const uint8_t*, int64_t row, int64_t cols, float* out) {
  const int64_t blocks = blocks_in_row(cols, Elems);
  const uint8_t* from = codes + row * blocks * Bytes;
  for (int64_t block = 0; block < blocks; ++block) Decode(from + block * Bytes, out + block * Elems);
}

template <int64_t Elems, int64_t Bytes, EncodeBlock Encode>
void encode_blocks(const float* values, int64_t rows, int64_t cols, uint8_t* codes, uint8_t*) {
  const int64_t blocks = rows * blocks_in_row(cols, Elems);
  for (int64_t block = 0; block < blocks; ++block) Encode(values + block * Elems, codes + block * Bytes);
}

/// The format whose rows are blocks of Bytes bytes for Elems elements.
template <int64_t Elems, int64_t Bytes, DecodeBlock Decode, EncodeBlock Encode>
constexpr Format inline_block_format(std::string_view name, std::string_view source, std::string_view range,
                                     std::string_view inline_scale) {
  Format format{name,
                Elems,
                Bytes,
                1,
                Elems,
                ScaleType::none,
                source,
                decode_row_of_blocks<Elems, Bytes, Decode>,
                encode_blocks<Elems, Bytes, Encode>,
                range,
                inline_scale};
  format.on_device = true;
  return format;
}

/// encode_blocks, or a search where the options ask for one.
template <int64_t Elems, int64_t Bytes, EncodeBlock Encode, SearchBlock Search>
void encode_blocks_with(const EncodeOptions& options, const float* values, int64_t rows, int64_t cols,
                        uint8_t* codes, uint8_t* scales) {
  if (!searches(options)) return encode_blocks<Elems, Bytes, Encode>(values, rows, cols, codes, scales);
  const int64_t blocks = blocks_in_row(cols, Elems);
  const std::vector<float> weights = column_weights(options, cols);
  for (int64_t block = 0; block < rows * blocks; ++block)
    Search(values + block * Elems, weights.data() + block % blocks * Elems, codes + block * Bytes);
}

/// A format of inline blocks that knows `mse`.
template <int64_t Elems, int64_t Bytes, DecodeBlock Decode, EncodeBlock Encode, SearchBlock Search>
constexpr Format searched_block_format(std::string_view name, std::string_view source, std::string_view range,
                                       std::string_view inline_scale) {
  Format format = inline_block_format<Elems, Bytes, Decode, Encode>(name, source, range, inline_scale);
  format.encode_chosen = encode_blocks_with<Elems, Bytes, Encode, Search>;
  format.options = kScaleFit;
  format.default_options = "amax";
  return format;
}

/// A format of inline blocks that always searches, and weights its search with an importance.
template <int64_t Elems, int64_t Bytes, DecodeBlock Decode, EncodeBlock Encode, SearchBlock Weighted>
constexpr Format weighted_block_format(std::string_view name, std::string_view source, std::string_view range,
                                       std::string_view inline_scale) {
  Format format = inline_block_format<Elems, Bytes, Decode, Encode>(name, source, range, inline_scale);
  format.encode_chosen = encode_blocks_with<Elems, Bytes, Encode, Weighted>;
  return format;
}

}  // namespace clinfer::quant

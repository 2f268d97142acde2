#pragma once

#include <vector>

#include "quant/e8m0.h"
#include "quant/format.h"
#include "quant/importance.h"
#include "quant/magnitude.h"
#include "quant/packing.h"
#include "quant/scale_layout.h"
#include "quant/scale_search.h"

namespace clinfer::quant {

/// OCP Microscaling (MX) v1.0: blocks of 32 elements of a row, one E8M0 scale byte e each, [rows, ceil(cols /
/// 32)]; value = element * 2^(e - 127).
/// Encoding: e by a ScaleMode, elements nearest even and saturating. A block with Inf or NaN gets e = 0xFF
/// and decodes to NaN; a zero block, and one whose scale would lie below 2^-127, gets e = 0. With `mse`, e is
/// searched from there.
///
/// An Element has: kBits (8, 6 or 4), how codes are packed (see packing.h); kMantissaBits, kMaxExponent and
/// kMax of its largest value; encode(float), code to value kValues[256], and kNanCode for blocks of NaN.
template <class Element, ScaleMode Default>
struct MxBlocks {
  static constexpr int64_t kBlock = 32;
  using Pack = Packing<Element::kBits>;

  static void decode_row(const uint8_t* codes, const uint8_t* scales, int64_t row, int64_t cols, float* out) {
    const int64_t blocks = ceil_div(cols, kBlock);
    const uint8_t* row_codes = codes + row * Pack::row_bytes(cols);
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t first = block * kBlock;
      const int64_t count = std::min(kBlock, cols - first);
      const float scale = e8m0_to_f32(scales[row * blocks + block]);
      uint8_t unpacked[kBlock];
      Pack::unpack(row_codes, first, count, unpacked);
      for (int64_t i = 0; i < count; ++i) out[first + i] = Element::kValues[unpacked[i]] * scale;
    }
  }

  /// The scale of the least weighted error among those up to two powers of two from `start`.
  static uint8_t search_exponent(uint8_t start, const float* values, const float* weights, int64_t count) {
    if (start == kE8m0Nan) return start;
    const auto error_of = [&](int exponent) {
      const float scale = e8m0_to_f32(static_cast<uint8_t>(exponent));
      const float inverse = e8m0_to_f32(static_cast<uint8_t>(254 - exponent));
      const auto quantise = [=](float x) { return Element::kValues[Element::encode(x * inverse)]; };
      return scale_sums(values, weights, count, scale, quantise).error;
    };
    int best = start;
    double least = error_of(start);
    for (int exponent = std::max(0, start - 2); exponent <= std::min(254, start + 2); ++exponent) {
      const double error = exponent == start ? least : error_of(exponent);
      if (!is_better(error, least)) continue;
      least = error;
      best = exponent;
    }
    return static_cast<uint8_t>(best);
  }

  /// weights: nullptr for none, then the scale is that of the mode.
  static uint8_t encode_block(ScaleMode mode, const float* values, const float* weights, int64_t count,
                              uint8_t* codes) {
    uint8_t scale = e8m0_scale<Element>(mode, max_magnitude(values, count));
    if (weights != nullptr) scale = search_exponent(scale, values, weights, count);
    if (scale == kE8m0Nan) {
      std::fill(codes, codes + count, static_cast<uint8_t>(Element::kNanCode));
      return scale;
    }
    // 2^(127 - e) is subnormal for e = 254, but exact.
    const float inverse = e8m0_to_f32(static_cast<uint8_t>(254 - scale));
    for (int64_t i = 0; i < count; ++i) codes[i] = Element::encode(values[i] * inverse);
    return scale;
  }

  static void encode_chosen(const EncodeOptions& options, const float* values, int64_t rows, int64_t cols,
                            uint8_t* codes, uint8_t* scales) {
    const ScaleMode mode = options.mode.value_or(Default);
    const std::vector<float> weights =
        searches(options) ? column_weights(options, cols) : std::vector<float>{};
    std::vector<uint8_t> unpacked(static_cast<size_t>(cols));
    for (int64_t row = 0; row < rows; ++row) {
      const float* from = values + row * cols;
      for (int64_t col = 0; col < cols; col += kBlock) {
        const float* of_block = weights.empty() ? nullptr : weights.data() + col;
        *scales++ =
            encode_block(mode, from + col, of_block, std::min(kBlock, cols - col), unpacked.data() + col);
      }
      Pack::pack_row(unpacked.data(), cols, codes + row * Pack::row_bytes(cols));
    }
  }

  static void encode(const float* values, int64_t rows, int64_t cols, uint8_t* codes, uint8_t* scales) {
    encode_chosen({}, values, rows, cols, codes, scales);
  }

  static constexpr Format format(std::string_view name, std::string_view source, std::string_view range,
                                 std::string_view default_mode) {
    Format format{name,   Pack::kElems, Pack::kBytes, 1,    kBlock, ScaleType::e8m0,
                  source, decode_row,   encode,       range};
    if constexpr (Element::kBits < 8) {
      format.unpack_row = Pack::unpack_row;
      format.pack_row = Pack::pack_row;
    }
    format.on_device = true;
    format.encode_chosen = encode_chosen;
    format.options = kScaleMode | kScaleFit;
    format.default_options = default_mode;
    return format;
  }
};

}  // namespace clinfer::quant

#pragma once

#include <vector>

#include "quant/e8m0.h"
#include "quant/format.h"
#include "quant/magnitude.h"
#include "quant/packing.h"
#include "quant/scale_layout.h"

namespace clinfer::quant {

/// OCP Microscaling (MX) v1.0: blocks of 32 elements of a row, one E8M0 scale byte e each, [rows, ceil(cols /
/// 32)]; value = element * 2^(e - 127).
/// Encoding: e by a ScaleMode, elements nearest even and saturating. A block with Inf or NaN gets e = 0xFF
/// and decodes to NaN; a zero block, and one whose scale would lie below 2^-127, gets e = 0.
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

  static uint8_t encode_block(ScaleMode mode, const float* values, int64_t count, uint8_t* codes) {
    const uint8_t scale = e8m0_scale<Element>(mode, max_magnitude(values, count));
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
    std::vector<uint8_t> unpacked(static_cast<size_t>(cols));
    for (int64_t row = 0; row < rows; ++row) {
      const float* from = values + row * cols;
      for (int64_t col = 0; col < cols; col += kBlock)
        *scales++ = encode_block(mode, from + col, std::min(kBlock, cols - col), unpacked.data() + col);
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
    format.options = kScaleMode;
    format.default_options = default_mode;
    return format;
  }
};

}  // namespace clinfer::quant

#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "quant/bytes.h"
#include "quant/format.h"
#include "quant/importance.h"
#include "quant/magnitude.h"
#include "quant/packing.h"
#include "quant/scale_layout.h"
#include "quant/scale_search.h"

namespace clinfer::quant {

/// Integer codes of Bits (8 or 4) and a float scale, and where Asymmetric a zero point byte, for every Group
/// columns of a row (kWhole for all of it).
///   symmetric:  value = q * scale; scale = amax / 127 (7), q = nearest even of value / scale, -127..127
///               (-7..7); with IntegerRange::full scale = amax / 127.5 (7.5) and q from -128 (-8) on.
///   asymmetric: value = (q - zero) * scale; with lo = min(0, values) and hi = max(0, values): scale = (hi -
///   lo)
///               / 15, zero = nearest even of -lo / scale, q = (nearest even of value / scale) + zero; both
///               0..15.
/// In memory: int8 as it is. 4-bit codes two to a byte, the even element in the low nibble, unsigned: q + 8
/// where symmetric, q where not (so one decoder does for both, with 8 for the zero point).
/// Groups that hold Inf or NaN, or whose hi - lo overflows, get a NaN scale and zero codes. A group whose
/// scale would lie below 2^-126 has scale 0, zero point 0 and codes 0.
/// With `mse`, scale and zero point are searched from there (scale_search.h).
template <int Bits, int64_t Group, bool Asymmetric>
struct IntegerGroups {
  static_assert(Bits == 4 || !Asymmetric);
  using Pack = Packing<Bits>;
  static constexpr int kTop = (1 << (Bits - 1)) - 1;  // largest symmetric code
  static constexpr int kOffset = Bits == 4 && !Asymmetric ? 8 : 0;

  struct Coded {
    float scale;
    uint8_t zero;
  };

  static constexpr Format format(std::string_view name, std::string_view source, std::string_view range) {
    Format format{name,           Pack::kElems, Pack::kBytes, 1,      Group,
                  ScaleType::f32, source,       decode_row,   encode, range};
    format.zeros = Asymmetric;
    format.on_device = true;
    if (Bits == 4) {
      format.unpack_row = unpack_row;
      format.pack_row = pack_row;
    }
    format.encode_chosen = encode_chosen;
    format.options = Asymmetric ? kScaleFit : kScaleFit | kIntegerRange;
    format.default_options = Asymmetric ? "amax" : "symmetric,amax";
    return format;
  }

  static constexpr ScaleRow scale_row_of(int64_t cols) {
    Format shape{};
    shape.block_cols = Group;
    shape.scale_type = ScaleType::f32;
    shape.zeros = Asymmetric;
    return scale_row(shape, cols);
  }

  static void unpack_row(const uint8_t* row_codes, int64_t cols, uint8_t* out) {
    Pack::unpack_row(row_codes, cols, out);
    for (int64_t col = 0; col < cols; ++col) out[col] = static_cast<uint8_t>(out[col] - kOffset);
  }

  static void pack_row(const uint8_t* codes, int64_t cols, uint8_t* row_codes) {
    std::vector<uint8_t> stored(codes, codes + cols);
    for (uint8_t& code : stored) code = static_cast<uint8_t>(code + kOffset);
    Pack::pack_row(stored.data(), cols, row_codes);
  }

  static void decode_row(const uint8_t* codes, const uint8_t* scales, int64_t row, int64_t cols, float* out) {
    const ScaleRow layout = scale_row_of(cols);
    const uint8_t* row_scales = scales + row * layout.bytes;
    std::vector<uint8_t> unpacked(static_cast<size_t>(cols));
    Pack::unpack_row(codes + row * Pack::row_bytes(cols), cols, unpacked.data());
    for (int64_t group = 0; group < layout.blocks; ++group) {
      const float scale = load<float>(row_scales + 4 * group);
      const int zero = Asymmetric ? row_scales[layout.zeros + group] : kOffset;
      const int64_t end = std::min((group + 1) * Group, cols);
      for (int64_t col = group * Group; col < end; ++col) {
        const uint8_t code = unpacked[static_cast<size_t>(col)];
        const int q = Bits == 8 ? static_cast<int8_t>(code) : code - zero;
        out[col] = static_cast<float>(q) * scale;
      }
    }
  }

  static Coded encode_symmetric(const float* values, int64_t count, IntegerRange range, uint8_t* codes) {
    const bool full = range == IntegerRange::full;
    const float scale = max_magnitude(values, count) / (static_cast<float>(kTop) + (full ? 0.5f : 0.0f));
    if (!(scale >= 0x1p-126f && scale <= std::numeric_limits<float>::max())) {
      std::fill(codes, codes + count, static_cast<uint8_t>(kOffset));
      return {scale < 0x1p-126f ? 0.0f : std::numeric_limits<float>::quiet_NaN(), 0};
    }
    const float low = static_cast<float>(full ? -kTop - 1 : -kTop);
    for (int64_t i = 0; i < count; ++i) {
      const float q = std::clamp(round_to_even(values[i] / scale), low, static_cast<float>(kTop));
      codes[i] = static_cast<uint8_t>(static_cast<int>(q) + kOffset);
    }
    return {scale, 0};
  }

  static Coded encode_asymmetric(const float* values, int64_t count, uint8_t* codes) {
    constexpr float kMost = 2 * kTop + 1;
    float low = 0.0f;
    float high = 0.0f;
    for (int64_t i = 0; i < count; ++i) {
      low = std::min(low, values[i]);
      high = std::max(high, values[i]);
    }
    const float scale = (high - low) / kMost;
    const bool finite = max_magnitude(values, count) <= std::numeric_limits<float>::max();
    if (!finite || !(scale >= 0x1p-126f && scale <= std::numeric_limits<float>::max())) {
      std::fill(codes, codes + count, uint8_t{0});
      return {finite && scale < 0x1p-126f ? 0.0f : std::numeric_limits<float>::quiet_NaN(), 0};
    }
    const float zero = std::clamp(round_to_even(-low / scale), 0.0f, kMost);
    for (int64_t i = 0; i < count; ++i) {
      const float q = std::clamp(round_to_even(values[i] / scale) + zero, 0.0f, kMost);
      codes[i] = static_cast<uint8_t>(q);
    }
    return {scale, static_cast<uint8_t>(zero)};
  }

  /// The scale of the least weighted error, where codes go from low to top; writes code + offset.
  static FoundScale search_levels(const float* values, const float* weights, int64_t count, float start,
                                  float low, float top) {
    const auto sums = [&](float scale) {
      return scale_sums(values, weights, count, scale,
                        [=](float x) { return nearest_level(x, scale, low, top); });
    };
    return search_scale(start, Bits == 4 ? kFewLevels : kManyLevels, sums, flush_scale);
  }

  static void write_levels(const float* values, int64_t count, float scale, float low, float top, int offset,
                           uint8_t* codes) {
    for (int64_t i = 0; i < count; ++i) {
      const auto level = static_cast<int>(nearest_level(values[i], scale, low, top));
      codes[i] = static_cast<uint8_t>(level + offset);
    }
  }

  static bool is_searchable(const Coded& coded) { return coded.scale > 0.0f; }

  static Coded search_symmetric(const float* values, const float* weights, int64_t count, IntegerRange range,
                                uint8_t* codes) {
    const Coded start = encode_symmetric(values, count, range, codes);
    if (!is_searchable(start)) return start;
    const auto top = static_cast<float>(kTop);
    const float low = range == IntegerRange::full ? -top - 1 : -top;
    const FoundScale found = search_levels(values, weights, count, start.scale, low, top);
    write_levels(values, count, found.scale, low, top, kOffset, codes);
    return {found.scale, 0};
  }

  /// Zero points beside that of the extremes, each with a search of its own.
  static Coded search_asymmetric(const float* values, const float* weights, int64_t count, uint8_t* codes) {
    constexpr int kMost = 2 * kTop + 1;
    const Coded start = encode_asymmetric(values, count, codes);
    if (!is_searchable(start)) return start;
    const auto search = [&](int zero) {
      return search_levels(values, weights, count, start.scale, static_cast<float>(-zero),
                           static_cast<float>(kMost - zero));
    };
    int best_zero = start.zero;
    FoundScale best = search(best_zero);
    for (int zero = std::max(0, start.zero - 2); zero <= std::min(kMost, start.zero + 2); ++zero) {
      const FoundScale tried = zero == start.zero ? best : search(zero);
      if (!is_better(tried.error, best.error)) continue;
      best = tried;
      best_zero = zero;
    }
    write_levels(values, count, best.scale, static_cast<float>(-best_zero),
                 static_cast<float>(kMost - best_zero), best_zero, codes);
    return {best.scale, static_cast<uint8_t>(best_zero)};
  }

  static Coded search_group(const float* values, const float* weights, int64_t count, IntegerRange range,
                            uint8_t* codes) {
    return Asymmetric ? search_asymmetric(values, weights, count, codes)
                      : search_symmetric(values, weights, count, range, codes);
  }

  static Coded encode_group(const float* values, int64_t count, IntegerRange range, uint8_t* codes) {
    return Asymmetric ? encode_asymmetric(values, count, codes)
                      : encode_symmetric(values, count, range, codes);
  }

  static void encode_chosen(const EncodeOptions& options, const float* values, int64_t rows, int64_t cols,
                            uint8_t* codes, uint8_t* scales) {
    const IntegerRange range = options.range.value_or(IntegerRange::symmetric);
    const std::vector<float> weights =
        searches(options) ? column_weights(options, cols) : std::vector<float>{};
    const ScaleRow layout = scale_row_of(cols);
    std::fill(scales, scales + rows * layout.bytes, uint8_t{0});
    std::vector<uint8_t> unpacked(static_cast<size_t>(cols));
    for (int64_t row = 0; row < rows; ++row) {
      uint8_t* row_scales = scales + row * layout.bytes;
      for (int64_t group = 0; group < layout.blocks; ++group) {
        const int64_t first = group * Group;
        const int64_t count = std::min(Group, cols - first);
        const float* from = values + row * cols + first;
        uint8_t* to = unpacked.data() + first;
        const Coded coded = weights.empty() ? encode_group(from, count, range, to)
                                            : search_group(from, weights.data() + first, count, range, to);
        store(row_scales + 4 * group, coded.scale);
        if (Asymmetric) row_scales[layout.zeros + group] = coded.zero;
      }
      Pack::pack_row(unpacked.data(), cols, codes + row * Pack::row_bytes(cols));
    }
  }

  static void encode(const float* values, int64_t rows, int64_t cols, uint8_t* codes, uint8_t* scales) {
    encode_chosen({}, values, rows, cols, codes, scales);
  }
};

}  // namespace clinfer::quant

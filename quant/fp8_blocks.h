#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "quant/bytes.h"
#include "quant/e8m0.h"
#include "quant/format.h"
#include "quant/importance.h"
#include "quant/magnitude.h"
#include "quant/minifloat.h"
#include "quant/scale_layout.h"
#include "quant/scale_search.h"

namespace clinfer::quant {

/// The scale of a block: amax / max, rounded up to a power of two for ue8m0, zero below 2^-126.
constexpr float fp8_scale(float amax, float max, ScaleStorage storage) {
  const float scale = amax / max;
  if (storage == ScaleStorage::f32) return flush_scale(scale);
  return std::bit_cast<float>(static_cast<uint32_t>(std::clamp(e8m0_round_up(scale), 1, 254)) << 23);
}

/// FP8 codes, a byte each, [rows, cols], and one float scale for every Rows x Cols of them (kWhole for all);
/// value = code * scale.
/// Encoding: scale = amax / largest code, where amax is over the finite values of the
/// block; code = nearest even of value / scale. Inf and NaN become Inf (E5M2) and NaN codes and leave their
/// neighbours alone; with `saturate`, Inf becomes the largest code. With MinAmax, amax is at least 1e-4;
/// without, a block whose scale would lie below 2^-126 (zeros) has scale 0 and codes 0. With `mse`, the scale
/// is searched from there; not where the matrix shares one, which would ask for all of it at once.
template <class Element, int64_t Rows, int64_t Cols, bool MinAmax>
struct Fp8Blocks {
  static constexpr bool kWholeMatrix = Rows == kWhole;

  static void decode_row(const uint8_t* codes, const uint8_t* scales, int64_t row, int64_t cols, float* out) {
    const int64_t blocks = ceil_div(cols, Cols);
    const uint8_t* row_codes = codes + row * cols;
    const uint8_t* row_scales = scales + row / Rows * blocks * 4;
    for (int64_t block = 0; block < blocks; ++block) {
      const float scale = load<float>(row_scales + 4 * block);
      const int64_t end = std::min((block + 1) * Cols, cols);
      for (int64_t col = block * Cols; col < end; ++col) out[col] = Element::kValues[row_codes[col]] * scale;
    }
  }

  static void encode_row_of_block(const float* values, int64_t cols, float scale,
                                  const EncodeOptions& options, uint8_t* codes) {
    using Limits = std::numeric_limits<float>;
    const float most = options.inf == InfCast::saturate ? Limits::max() : Limits::infinity();
    const auto cast = [most](float scaled) { return Element::encode(std::clamp(scaled, -most, most)); };
    if (scale == 0.0f) {  // Inf times zero would be a NaN, whose sign differs between processors
      for (int64_t col = 0; col < cols; ++col)
        codes[col] = cast(std::isfinite(values[col]) ? values[col] * 0.0f : values[col]);
    } else if (options.scaling == Scaling::reciprocal) {
      const float inverse = 1.0f / scale;
      for (int64_t col = 0; col < cols; ++col) codes[col] = cast(values[col] * inverse);
    } else {
      for (int64_t col = 0; col < cols; ++col) codes[col] = cast(values[col] / scale);
    }
  }

  /// The scale of the least weighted error for `height` rows. Over an octave of scales the share of codes in
  /// each step changes and comes back; nothing is gained by clipping.
  static float search_block(const float* values, const float* weights, int64_t height, int64_t width,
                            int64_t cols, const EncodeOptions& options, float start) {
    constexpr ScaleRange kOctave{0.75f, 2.0f, 20};
    const ScaleStorage storage = options.storage.value_or(ScaleStorage::f32);
    const bool divides = options.scaling.value_or(Scaling::division) == Scaling::division;
    const auto sums = [&](float scale) {
      const float inverse = 1.0f / scale;
      ScaleSums all;
      for (int64_t r = 0; r < height; ++r)
        all += scale_sums(values + r * cols, weights, width, scale, [=](float x) {
          return Element::kValues[Element::encode(divides ? x / scale : x * inverse)];
        });
      return all;
    };
    return search_scale(start, kOctave, sums, [=](float s) { return fp8_scale(s, 1.0f, storage); }).scale;
  }

  static void encode_chosen(const EncodeOptions& options, const float* values, int64_t rows, int64_t cols,
                            uint8_t* codes, uint8_t* scales) {
    const bool search = !kWholeMatrix && searches(options);
    const std::vector<float> weights = search ? column_weights(options, cols) : std::vector<float>{};
    for (int64_t row = 0; row < rows; row += Rows) {
      for (int64_t col = 0; col < cols; col += Cols) {
        const int64_t height = std::min(Rows, rows - row);
        const int64_t width = std::min(Cols, cols - col);
        const int64_t at = row * cols + col;
        float amax = kWholeMatrix && options.matrix_amax ? *options.matrix_amax
                                                         : finite_amax(values + at, height, width, cols);
        if (MinAmax) amax = std::max(amax, 1e-4f);
        float scale = fp8_scale(amax, Element::kMax, options.storage.value_or(ScaleStorage::f32));
        if (search) scale = search_block(values + at, &weights[col], height, width, cols, options, scale);
        for (int64_t r = 0; r < height; ++r)
          encode_row_of_block(values + at + r * cols, width, scale, options, codes + at + r * cols);
        store(scales, scale);
        scales += 4;
      }
    }
  }

  static void encode(const float* values, int64_t rows, int64_t cols, uint8_t* codes, uint8_t* scales) {
    encode_chosen({}, values, rows, cols, codes, scales);
  }

  static constexpr Format format(std::string_view name, std::string_view source, std::string_view range) {
    Format format{name, 1, 1, Rows, Cols, ScaleType::f32, source, decode_row, encode, range};
    format.whole_matrix = kWholeMatrix;
    format.on_device = true;
    format.encode_chosen = encode_chosen;
    format.options = kScaleStorage | kScaling | kInfCast | (kWholeMatrix ? 0u : kScaleFit);
    format.default_options = kWholeMatrix ? "fp32,division,special" : "fp32,division,amax,special";
    return format;
  }
};

}  // namespace clinfer::quant

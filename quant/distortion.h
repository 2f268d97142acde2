#pragma once

#include <cstdint>
#include <span>

#include "quant/format.h"

namespace clinfer::quant {

/// How far a decoded tensor is from its original. Every figure but the two counts of non-finite values is
/// over the `count` pairs in which both are finite; sums are kept in double.
struct Distortion {
  int64_t count = 0;
  int64_t nonfinite_original = 0;  ///< Inf or NaN in the original
  int64_t nonfinite_decoded = 0;   ///< Inf or NaN in the decoded tensor
  double sqnr_db = 0;              ///< 10 log10(sum x^2 / sum (x - y)^2); +inf when nothing differs
  double cosine = 0;               ///< of the two tensors as vectors; 1 when both are zero, 0 when one is
  double max_abs_error = 0;
  double max_rel_error = 0;  ///< |x - y| / |x| over x != 0
  double clipped_share = 0;  ///< of pairs whose |x| lies beyond their block's range: see kClipMargin
  double flushed_share = 0;  ///< of pairs with x != 0 and y == 0
};

/// A value counts as clipped when its magnitude exceeds the largest decoded magnitude of its block by more
/// than this share, half a step of the finest codes (8 bits). Blocks of one element have no range.
inline constexpr double kClipMargin = 1.0 / 256;

/// Compares two row-major matrices [rows, cols]; the format tells the blocks. Throws std::invalid_argument
/// when a span does not hold rows * cols values.
Distortion measure_distortion(const Format& format, std::span<const float> original,
                              std::span<const float> decoded, int64_t rows, int64_t cols);

}  // namespace clinfer::quant

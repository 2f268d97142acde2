#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "quant/format.h"

namespace clinfer::quant {

/// How far a decoded tensor is from its original. Every figure but the two counts of non-finite values is
/// over the `count` pairs (x, y) of original and decoded in which both are finite; sums are kept in double.
struct Distortion {
  int64_t count = 0;
  int64_t nonfinite_original = 0;  ///< Inf or NaN in the original
  int64_t nonfinite_decoded = 0;   ///< Inf or NaN in the decoded tensor; overflow shows here
  double sqnr_db = 0;              ///< 10 log10(sum x^2 / sum (x - y)^2); +inf when nothing differs
  double cosine = 0;               ///< of the two tensors as vectors; 1 when both are zero, 0 when one is
  double max_abs_error = 0;
  double max_rel_error = 0;  ///< |x - y| / |x| over x != 0
  double flushed_share = 0;  ///< of pairs with x != 0 and y == 0
  /// Of pairs whose |x| lies more than half a step beyond the largest code times its scale. Only known where
  /// the format keeps scales apart from its codes and has no zero points.
  std::optional<double> clipped_share;
};

/// Compares values with values. Throws std::invalid_argument when the spans differ in length.
Distortion measure_distortion(std::span<const float> original, std::span<const float> decoded);

/// Compares a row-major matrix [rows, cols] with what is stored of it, decoding row by row. Throws
/// std::invalid_argument when a span does not have the size that the format and the shape ask for.
Distortion measure_distortion(const Format& format, std::span<const float> original, int64_t rows,
                              int64_t cols, std::span<const uint8_t> codes, std::span<const uint8_t> scales);

}  // namespace clinfer::quant

#include "quant/distortion.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace clinfer::quant {
namespace {

struct Sums {
  double signal = 0, decoded = 0, error = 0, product = 0;
  int64_t clipped = 0, flushed = 0;
};

/// One block, its ragged edge cropped, inside matrices with `stride` columns.
struct BlockView {
  const float* original;
  const float* decoded;
  int64_t rows, cols, stride;
};

template <typename Visit>
void for_each_pair(const BlockView& block, Visit visit) {
  for (int64_t row = 0; row < block.rows; ++row) {
    const int64_t at = row * block.stride;
    for (int64_t col = 0; col < block.cols; ++col) visit(block.original[at + col], block.decoded[at + col]);
  }
}

/// The magnitude from which on values of the block count as clipped.
double clip_threshold(const BlockView& block) {
  if (block.rows * block.cols == 1) return std::numeric_limits<double>::infinity();
  float top = 0;
  for_each_pair(block, [&](float, float y) {
    if (std::isfinite(y)) top = std::max(top, std::fabs(y));
  });
  return top == 0 ? std::numeric_limits<double>::infinity() : top * (1 + kClipMargin);
}

void add_pair(double x, double y, double threshold, Distortion& stats, Sums& sums) {
  stats.nonfinite_original += !std::isfinite(x);
  stats.nonfinite_decoded += !std::isfinite(y);
  if (!std::isfinite(x) || !std::isfinite(y)) return;
  const double error = std::fabs(x - y);
  ++stats.count;
  stats.max_abs_error = std::max(stats.max_abs_error, error);
  if (x != 0) stats.max_rel_error = std::max(stats.max_rel_error, error / std::fabs(x));
  sums.signal += x * x;
  sums.decoded += y * y;
  sums.product += x * y;
  sums.error += error * error;
  sums.clipped += std::fabs(x) > threshold;
  sums.flushed += x != 0 && y == 0;
}

void conclude(const Sums& sums, Distortion& stats) {
  const double norms = std::sqrt(sums.signal) * std::sqrt(sums.decoded);
  const bool both_zero = sums.signal == 0 && sums.decoded == 0;
  stats.cosine = norms > 0 ? sums.product / norms : static_cast<double>(both_zero);
  stats.sqnr_db =
      sums.error > 0 ? 10 * std::log10(sums.signal / sums.error) : std::numeric_limits<double>::infinity();
  if (stats.count == 0) return;
  stats.clipped_share = static_cast<double>(sums.clipped) / static_cast<double>(stats.count);
  stats.flushed_share = static_cast<double>(sums.flushed) / static_cast<double>(stats.count);
}

}  // namespace

Distortion measure_distortion(const Format& format, std::span<const float> original,
                              std::span<const float> decoded, int64_t rows, int64_t cols) {
  int64_t count = 0;
  if (rows < 0 || cols < 0 || __builtin_mul_overflow(rows, cols, &count) ||
      static_cast<int64_t>(original.size()) != count || static_cast<int64_t>(decoded.size()) != count) {
    throw std::invalid_argument("distortion: two tensors of " + std::to_string(rows) + " x " +
                                std::to_string(cols) + " expected, got " + std::to_string(original.size()) +
                                " and " + std::to_string(decoded.size()) + " values");
  }
  Distortion stats;
  Sums sums;
  for (int64_t row = 0; row < rows; row += format.block_rows) {
    for (int64_t col = 0; col < cols; col += format.block_cols) {
      const int64_t at = row * cols + col;
      const BlockView block{original.data() + at, decoded.data() + at,
                            std::min(format.block_rows, rows - row), std::min(format.block_cols, cols - col),
                            cols};
      const double threshold = clip_threshold(block);
      for_each_pair(block, [&](float x, float y) { add_pair(x, y, threshold, stats, sums); });
    }
  }
  conclude(sums, stats);
  return stats;
}

}  // namespace clinfer::quant

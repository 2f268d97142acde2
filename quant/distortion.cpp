#include "quant/distortion.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "quant/bytes.h"
#include "quant/e8m0.h"
#include "quant/minifloat.h"
#include "quant/scale_layout.h"

namespace clinfer::quant {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Sums {
  double signal = 0, decoded = 0, error = 0, product = 0;
  int64_t clipped = 0, flushed = 0;
};

void add_pair(double x, double y, double clip_above, Distortion& stats, Sums& sums) {
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
  sums.clipped += std::fabs(x) > clip_above;
  sums.flushed += x != 0 && y == 0;
}

void conclude(const Sums& sums, bool clips, Distortion& stats) {
  const double norms = std::sqrt(sums.signal) * std::sqrt(sums.decoded);
  const bool both_zero = sums.signal == 0 && sums.decoded == 0;
  stats.cosine = norms > 0 ? sums.product / norms : static_cast<double>(both_zero);
  stats.sqnr_db = sums.error > 0 ? 10 * std::log10(sums.signal / sums.error) : kInfinity;
  const double count = stats.count > 0 ? static_cast<double>(stats.count) : 1;
  stats.flushed_share = static_cast<double>(sums.flushed) / count;
  if (clips) stats.clipped_share = static_cast<double>(sums.clipped) / count;
}

/// A scale row of the format with all scales 1.
std::vector<uint8_t> unit_scales(const Format& format, int64_t cols) {
  const ScaleRow row = scale_row(format, cols);
  std::vector<uint8_t> bytes(static_cast<size_t>(row.bytes));
  if (format.tensor_scale) store(bytes.data(), 1.0f);
  uint8_t* scales = bytes.data() + row.scales;
  for (int64_t block = 0; block < row.blocks; ++block) {
    if (format.scale_type == ScaleType::f32) store(scales + 4 * block, 1.0f);
    if (format.scale_type == ScaleType::e8m0) scales[block] = 127;
    if (format.scale_type == ScaleType::e4m3) scales[block] = E4m3::encode(1.0f);
  }
  return bytes;
}

/// Every value of the format at scale 1, read by decoding all byte codes.
std::vector<float> unit_levels(const Format& format) {
  const int64_t cols = 256 * format.group_elems;
  std::vector<uint8_t> codes(static_cast<size_t>(256 * format.group_bytes));
  for (size_t i = 0; i < codes.size(); ++i) {
    codes[i] = static_cast<uint8_t>(i / static_cast<size_t>(format.group_bytes));
  }
  const std::vector<uint8_t> scales = unit_scales(format, cols);
  std::vector<float> levels(static_cast<size_t>(cols));
  format.decode_row(codes.data(), scales.data(), 0, cols, levels.data());
  std::erase_if(levels, [](float level) { return !std::isfinite(level); });
  std::sort(levels.begin(), levels.end());
  return levels;
}

/// Magnitude at scale 1 from which on nothing but clipping can have happened: half a step above the largest
/// level that exists with both signs (int8's -128 is left unused).
double unit_clip_threshold(const Format& format) {
  const std::vector<float> levels = unit_levels(format);
  const float top = std::min(levels.back(), -levels.front());
  const auto at = std::lower_bound(levels.begin(), levels.end(), top);
  return top + (top - *std::prev(at)) / 2.0;
}

/// Scale `block` of a scale row, times the tensor scale.
double scale_value(const Format& format, const ScaleRow& layout, const uint8_t* row, int64_t block) {
  const uint8_t* scales = row + layout.scales;
  switch (format.scale_type) {
    case ScaleType::none:
      break;
    case ScaleType::f32:
      return load<float>(scales + 4 * block);
    case ScaleType::e8m0:
      return e8m0_to_f32(scales[block]);
    case ScaleType::e4m3:
      return static_cast<double>(E4m3::kValues[scales[block]]) *
             (format.tensor_scale ? load<float>(row) : 1.0f);
  }
  return 1;
}

void require_size(const char* what, size_t got, int64_t want) {
  if (static_cast<int64_t>(got) == want) return;
  throw std::invalid_argument(std::string("distortion: ") + what + " should be " + std::to_string(want) +
                              ", not " + std::to_string(got));
}

}  // namespace

Distortion measure_distortion(std::span<const float> original, std::span<const float> decoded) {
  require_size("number of decoded values", decoded.size(), static_cast<int64_t>(original.size()));
  Distortion stats;
  Sums sums;
  for (size_t i = 0; i < original.size(); ++i) add_pair(original[i], decoded[i], kInfinity, stats, sums);
  conclude(sums, false, stats);
  return stats;
}

Distortion measure_distortion(const Format& format, std::span<const float> original, int64_t rows,
                              int64_t cols, std::span<const uint8_t> codes, std::span<const uint8_t> scales) {
  require_size("bytes of codes", codes.size(), code_bytes(format, rows, cols));
  require_size("bytes of scales", scales.size(), scale_bytes(format, rows, cols));
  require_size("number of values", original.size(), rows * cols);
  const bool clips = format.scale_type != ScaleType::none && !format.zeros;
  const double unit_threshold = clips ? unit_clip_threshold(format) : kInfinity;
  const ScaleRow layout = scale_row(format, cols);
  Distortion stats;
  Sums sums;
  std::vector<float> decoded(static_cast<size_t>(cols));
  for (int64_t row = 0; row < rows; ++row) {
    format.decode_row(codes.data(), scales.data(), row, cols, decoded.data());
    const float* x = original.data() + row * cols;
    for (int64_t block = 0; block < layout.blocks; ++block) {
      const uint8_t* from = scales.data() + row / format.block_rows * layout.bytes;
      const double threshold = clips ? unit_threshold * scale_value(format, layout, from, block) : kInfinity;
      const int64_t end = std::min((block + 1) * format.block_cols, cols);
      for (int64_t col = block * format.block_cols; col < end; ++col) {
        add_pair(x[col], decoded[static_cast<size_t>(col)], threshold, stats, sums);
      }
    }
  }
  conclude(sums, clips, stats);
  return stats;
}

}  // namespace clinfer::quant

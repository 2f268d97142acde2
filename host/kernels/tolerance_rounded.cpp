#include <algorithm>
#include <cmath>

#include "host/kernels/activation_layout.h"
#include "host/kernels/tolerance_rules.h"

namespace clinfer::kernels {

namespace {

/// The step of a code at `value` in a block whose largest magnitude is `largest`, both rounded. The scale
/// moves with the largest magnitude, by parts of a step; that of mxint8 by two when it passes a power of two.
double step_at(std::string_view format, double value, double largest) {
  constexpr double kLeastE4m3 = 1e-4;  // least magnitude that sets a scale
  if (format == "bf16") return std::abs(value) * 0x1p-7 + 0x1p-133;
  if (format == "int8_g32") return largest / 127.0;
  if (format == "mxint8") return largest / 32.0;
  return std::max(std::abs(value) / 8.0, std::max(largest, kLeastE4m3) / 448.0 * 0x1p-9);
}

}  // namespace

void add_rounding(std::string_view format, const graph::Array& expected, graph::Array& limits) {
  const int64_t block = std::max<int64_t>(1, activation_layout(format, expected.cols).block);
  for (int64_t r = 0; r < expected.rows; ++r) {
    for (int64_t first = 0; first < expected.cols; first += block) {
      const int64_t end = std::min(first + block, expected.cols);
      double largest = 0.0;
      for (int64_t c = first; c < end; ++c) largest = std::max(largest, std::abs(expected.at(r, c)));
      for (int64_t c = first; c < end; ++c)
        limits.at(r, c) += (1.0 + 0x1p-10) * step_at(format, expected.at(r, c), largest);
    }
  }
}

}  // namespace clinfer::kernels

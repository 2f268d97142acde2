#include "quant/inline_blocks.h"

#include <bit>
#include <cmath>
#include <stdexcept>
#include <string>

namespace clinfer::quant {

int64_t blocks_in_row(int64_t cols, int64_t elems) {
  if (cols < 0 || cols % elems != 0) {
    throw std::invalid_argument("columns must be a multiple of the format's block of " +
                                std::to_string(elems) + ", got " + std::to_string(cols));
  }
  return cols / elems;
}

bool all_finite(const float* values, int64_t count) {
  constexpr uint32_t kInf = 0x7F800000u;
  bool finite = true;
  for (int64_t i = 0; i < count; ++i) finite &= (std::bit_cast<uint32_t>(values[i]) & kInf) != kInf;
  return finite;
}

float inverse_scale(float scale) {
  const float inverse = 1.0f / scale;
  return std::isfinite(inverse) ? inverse : 0.0f;
}

}  // namespace clinfer::quant

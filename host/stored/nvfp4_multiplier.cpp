#include "host/stored/nvfp4_multiplier.h"

#include <cmath>
#include <limits>

#include "quant/bytes.h"
#include "quant/scale_layout.h"

namespace clinfer::stored {

float reciprocal_of(float multiplier) {
  const float guess = 1.0f / multiplier;
  float best = guess;
  for (const float toward : {0.0f, std::numeric_limits<float>::max()}) {
    const float candidate = std::nextafter(guess, toward);
    if (std::abs(1.0f / candidate - multiplier) < std::abs(1.0f / best - multiplier)) best = candidate;
  }
  return best;
}

void round_tensor_scales(const quant::Format& format, int64_t cols, std::span<uint8_t> scales) {
  const auto bytes = static_cast<size_t>(quant::scale_row(format, cols).bytes);
  for (size_t row = 0; row + bytes <= scales.size(); row += bytes) {
    const auto multiplier = quant::load<float>(scales.data() + row);
    quant::store(scales.data() + row, 1.0f / reciprocal_of(multiplier));
  }
}

}  // namespace clinfer::stored

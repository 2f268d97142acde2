#include "quant/importance.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace clinfer::quant {

void check_importance(const EncodeOptions& options, int64_t cols) {
  const auto count = static_cast<int64_t>(options.importance.size());
  if (count != 0 && count != cols) {
    throw std::invalid_argument("importance of " + std::to_string(count) + " columns for a matrix of " +
                                std::to_string(cols));
  }
  for (const float value : options.importance) {
    if (!(value >= 0.0f && std::isfinite(value)))
      throw std::invalid_argument("importance must be finite and not negative, got " + std::to_string(value));
  }
}

std::vector<float> column_weights(const EncodeOptions& options, int64_t cols) {
  std::vector<float> weights(static_cast<size_t>(cols), 1.0f);
  double sum = 0;
  for (const float value : options.importance) sum += value;
  if (sum == 0) return weights;
  const int exponent = std::ilogb(sum / static_cast<double>(cols));
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] = static_cast<float>(std::max(std::ldexp(double{options.importance[i]}, -exponent), 0x1p-20));
  return weights;
}

}  // namespace clinfer::quant

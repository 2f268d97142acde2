#include "host/report/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace clinfer::report {

double expected_calibration_error(std::span<const Guess> guesses) {
  constexpr size_t kBins = 10;
  std::array<double, kBins> excess{};  // confidence minus right ones, summed over the bin's rows
  for (const Guess& guess : guesses) {
    const auto bin = static_cast<size_t>(std::clamp(guess.confidence, 0.0, 1.0) * kBins);
    excess[std::min(bin, kBins - 1)] += guess.confidence - (guess.right ? 1 : 0);
  }
  double sum = 0;
  for (const double value : excess) sum += std::fabs(value);
  return guesses.empty() ? 0 : sum / static_cast<double>(guesses.size());
}

}  // namespace clinfer::report

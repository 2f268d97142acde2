#pragma once

#include <span>

namespace clinfer::report {

/// The most likely token: its probability, and whether it was the one that came.
struct Guess {
  double confidence = 0;
  bool right = false;
};

/// Mean over ten equal bins of confidence of |share that is right - mean confidence|, weighted by the rows of
/// a bin (Guo et al. 2017). 0 for no guesses.
double expected_calibration_error(std::span<const Guess> guesses);

}  // namespace clinfer::report

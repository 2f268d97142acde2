#pragma once

#include <cstdint>
#include <vector>

#include "quant/encode_options.h"

namespace clinfer::quant {

/// Whether the options ask for a search: `mse`, or an importance and nothing said of the fit.
constexpr bool searches(const EncodeOptions& options) {
  const ScaleFit silent = options.importance.empty() ? ScaleFit::amax : ScaleFit::mse;
  return options.fit.value_or(silent) == ScaleFit::mse;
}

/// Throws std::invalid_argument when the importance has neither no nor `cols` values, or one that is negative
/// or not finite.
void check_importance(const EncodeOptions& options, int64_t cols);

/// What the squared error of each column weighs in a search, [cols]: ones without an importance. Else the
/// importance times a power of two that brings its mean near 1, at least 2^-20: columns that the statistics
/// never saw must not be given up.
std::vector<float> column_weights(const EncodeOptions& options, int64_t cols);

}  // namespace clinfer::quant

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace clinfer::report {

/// A mean and how sure it is.
struct Estimate {
  double mean = 0;
  double standard_error = 0;  ///< of the mean, values taken as independent; 0 for fewer than two values
  int64_t count = 0;
};

/// Mean and standard error sqrt((E[x^2] - E[x]^2) / (n - 1)).
Estimate estimate(std::span<const double> values);

/// Square root of the mean square; 0 for no values.
double root_mean_square(std::span<const double> values);

/// The value below which `share` (0..1) of the ascending values lie, linear between neighbours; 0 for none.
double percentile(std::span<const double> ascending, double share);

struct Percentiles {
  double median = 0;
  double p90 = 0;
  double p95 = 0;
  double p99 = 0;
  double p999 = 0;
  double max = 0;
};
Percentiles percentiles(std::vector<double> values);

/// exp of a mean of -log p, and its standard error by the first term of its series.
struct Perplexity {
  double value = 0;
  double standard_error = 0;
  int64_t count = 0;
};
Perplexity perplexity(std::span<const double> negative_log_likelihoods);

/// log(sum(exp(values))), in double. Error(Fault::run) when a value is not finite.
double log_sum_exp(std::span<const float> values);

}  // namespace clinfer::report

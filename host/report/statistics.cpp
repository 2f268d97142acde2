#include "host/report/statistics.h"

#include <algorithm>
#include <cmath>

#include "quant/error.h"

namespace clinfer::report {

Estimate estimate(std::span<const double> values) {
  Estimate result;
  result.count = static_cast<int64_t>(values.size());
  if (values.empty()) return result;
  const auto n = static_cast<double>(values.size());
  for (const double value : values) result.mean += value;
  result.mean /= n;
  double variance = 0;  // of the values about their mean: no cancellation, as E[x^2] - E[x]^2 would have
  for (const double value : values) variance += (value - result.mean) * (value - result.mean) / n;
  if (values.size() > 1) result.standard_error = std::sqrt(variance / (n - 1));
  return result;
}

double root_mean_square(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return values.empty() ? 0 : std::sqrt(sum / static_cast<double>(values.size()));
}

double percentile(std::span<const double> ascending, double share) {
  if (ascending.empty()) return 0;
  const double at = std::clamp(share, 0.0, 1.0) * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, ascending.size() - 1);
  return ascending[below] + (ascending[above] - ascending[below]) * (at - static_cast<double>(below));
}

Percentiles percentiles(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {percentile(values, 0.5),  percentile(values, 0.9),   percentile(values, 0.95),
          percentile(values, 0.99), percentile(values, 0.999), percentile(values, 1)};
}

Perplexity perplexity(std::span<const double> negative_log_likelihoods) {
  const Estimate nll = estimate(negative_log_likelihoods);
  const double value = std::exp(nll.mean);
  return {value, value * nll.standard_error, nll.count};
}

double log_sum_exp(std::span<const float> values) {
  float most = values.empty() ? 0 : values.front();
  bool finite = !values.empty();
  for (const float value : values) {
    finite = finite && std::isfinite(value);
    most = std::max(most, value);
  }
  if (!finite) throw Error(Fault::run, "the model's logits are not finite");
  double sum = 0;
  for (const float value : values) sum += std::exp(static_cast<double>(value - most));
  return most + std::log(sum);
}

}  // namespace clinfer::report

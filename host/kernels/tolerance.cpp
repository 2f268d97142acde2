#include "host/kernels/tolerance.h"

#include <cmath>

#include "host/kernels/tolerance_rules.h"

namespace clinfer::kernels {

graph::Array relative_limits(const graph::Array& expected, double units) {
  graph::Array result(expected.rows, expected.cols);
  for (size_t i = 0; i < expected.data.size(); ++i) {
    result.data[i] = units * kEps32 * std::abs(expected.data[i]);
  }
  return result;
}

graph::Array error_limits(const graph::Op& op, graph::Inputs in, graph::Inputs expected, size_t output) {
  return std::visit([&](const auto& o) { return limits(o, in, expected, output); }, op);
}

namespace {

/// Error in units of the limit; above 1 fails.
double excess(double expected, double actual, double limit) {
  if (std::isnan(expected) || std::isnan(actual)) {
    return std::isnan(expected) && std::isnan(actual) ? 0.0 : HUGE_VAL;
  }
  const double error = expected == actual ? 0.0 : std::abs(expected - actual);
  if (error == 0.0) return 0.0;
  return limit > 0.0 ? error / limit : HUGE_VAL;
}

}  // namespace

Comparison compare(const graph::Array& expected, const graph::Array& actual, const graph::Array& limits) {
  Comparison result;
  double worst = -1.0;
  for (int64_t row = 0; row < expected.rows; ++row) {
    for (int64_t col = 0; col < expected.cols; ++col) {
      const double ratio = excess(expected.at(row, col), actual.at(row, col), limits.at(row, col));
      if (!(ratio <= 1.0)) ++result.failures;
      if (ratio > worst) {
        worst = ratio;
        result.row = row;
        result.col = col;
        result.expected = expected.at(row, col);
        result.actual = actual.at(row, col);
        result.limit = limits.at(row, col);
      }
    }
  }
  result.ok = result.failures == 0;
  return result;
}

}  // namespace clinfer::kernels

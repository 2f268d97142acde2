#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "host/report/pareto.h"
#include "host/report/statistics.h"
#include "quant/error.h"

using namespace clinfer;
using namespace clinfer::report;

TEST_CASE("mean and standard error") {
  const double values[] = {1, 2, 3, 6};
  const Estimate e = estimate(values);
  CHECK(e.mean == doctest::Approx(3));
  // Squared distances 4 + 1 + 0 + 9 = 14 over 4, over n - 1 = 3.
  CHECK(e.standard_error == doctest::Approx(std::sqrt(14.0 / 4 / 3)));
  CHECK(e.count == 4);
  CHECK(estimate(std::vector<double>{7}).standard_error == 0);
  CHECK(estimate({}).count == 0);
}

TEST_CASE("a small spread about a large mean is not lost") {
  const double values[] = {1e9 + 1, 1e9 - 1};
  CHECK(estimate(values).standard_error == doctest::Approx(1));
}

TEST_CASE("percentiles lie between their neighbours") {
  const double values[] = {0, 10, 20, 30, 40};
  CHECK(percentile(values, 0) == 0);
  CHECK(percentile(values, 0.5) == 20);
  CHECK(percentile(values, 0.9) == doctest::Approx(36));
  CHECK(percentile(values, 1) == 40);
  CHECK(percentile({}, 0.5) == 0);
  const Percentiles p = percentiles({3, 1, 2});
  CHECK(p.median == 2);
  CHECK(p.max == 3);
}

TEST_CASE("perplexity and its error") {
  const double nll[] = {std::log(2), std::log(8)};
  const Perplexity p = perplexity(nll);
  CHECK(p.value == doctest::Approx(4));
  // The deviation about the mean is log(2); over sqrt(n - 1) = 1.
  CHECK(p.standard_error == doctest::Approx(4 * std::log(2)));
}

TEST_CASE("root mean square") {
  const double values[] = {3, -4};
  CHECK(root_mean_square(values) == doctest::Approx(std::sqrt(12.5)));
}

TEST_CASE("log of a sum of exponentials, of large values too") {
  const float values[] = {1000, 1000};
  CHECK(log_sum_exp(values) == doctest::Approx(1000 + std::log(2)));
  const float bad[] = {0, std::numeric_limits<float>::quiet_NaN()};
  CHECK_THROWS_AS(log_sum_exp(bad), Error);
  const float endless[] = {0, std::numeric_limits<float>::infinity()};
  CHECK_THROWS_AS(log_sum_exp(endless), Error);
  CHECK_THROWS_AS(log_sum_exp({}), Error);
}

TEST_CASE("the front leaves out what another beats") {
  const Trade trades[] = {{4, 0.5}, {8, 0.01}, {8, 0.02}, {6, 0.6}, {16, 0.001}, {4, 0.5}};
  CHECK(pareto_front(trades) == std::vector<size_t>{0, 1, 4});
}

TEST_CASE("the knee is where the front bends") {
  const Trade bent[] = {{4, 0.1}, {5, 0.001}, {16, 0.0001}};
  CHECK(knee(bent) == 1);
  const Trade straight[] = {{4, 1e-1}, {8, 1e-2}, {12, 1e-3}};
  CHECK(knee(straight) == 0);
  const Trade outward[] = {{4, 1e-1}, {11, 0.09}, {12, 1e-3}};
  CHECK(knee(outward) == 0);
  const Trade one[] = {{4, 0.1}};
  CHECK(knee(one) == 0);
  CHECK(!knee({}).has_value());
}

TEST_CASE("a loss that nobody notices does not stretch the front") {
  const Trade trades[] = {{4.5, 0.1}, {8.5, 4e-4}, {16, 0}};
  CHECK(log_loss(0) == doctest::Approx(-5));
  CHECK(knee(trades) == 1);
}

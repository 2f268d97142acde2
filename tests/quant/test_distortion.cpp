#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "matrix.h"
#include "quant/distortion.h"

using namespace clinfer::quant;

namespace {

Distortion measure(const std::vector<float>& x, const std::vector<float>& y) {
  return measure_distortion(x, y);
}

}  // namespace

TEST_CASE("distortion: figures of a small example") {
  const auto stats = measure({3, -4, 0.5f, 0}, {3, -5, 0, 0});
  CHECK(stats.count == 4);
  CHECK(stats.sqnr_db == doctest::Approx(10 * std::log10(25.25 / 1.25)));
  CHECK(stats.cosine == doctest::Approx(29 / std::sqrt(25.25 * 34)));
  CHECK(stats.max_abs_error == 1);
  CHECK(stats.max_rel_error == 1);  // the flushed 0.5
  CHECK(stats.flushed_share == 0.25);
  CHECK(!stats.clipped_share.has_value());
}

TEST_CASE("distortion: equal tensors, zero tensors, empty tensors") {
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(measure({1, 2}, {1, 2}).sqnr_db == inf);
  CHECK(measure({1, 2}, {1, 2}).cosine == doctest::Approx(1));
  CHECK(measure({0, 0}, {0, 0}).sqnr_db == inf);
  CHECK(measure({0, 0}, {0, 0}).cosine == 1);
  CHECK(measure({1, 2}, {0, 0}).cosine == 0);
  CHECK(measure({1, 2}, {0, 0}).sqnr_db == 0);
  CHECK(measure({0, 0}, {1, 0}).sqnr_db == -inf);
  CHECK(measure({}, {}).count == 0);
}

TEST_CASE("distortion: non-finite values are counted and left out") {
  const auto stats = measure({1, NAN, INFINITY, 2, 3}, {1, NAN, 5, -INFINITY, 3});
  CHECK(stats.nonfinite_original == 2);
  CHECK(stats.nonfinite_decoded == 2);
  CHECK(stats.count == 2);
  CHECK(stats.max_abs_error == 0);
}

TEST_CASE("distortion: a stored matrix gives the figures of its decoded values") {
  const auto values = test::gaussian(130 * 256, 1, 7);
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    const auto stored = test::distortion(format, values, 130, 256);
    const auto plain = measure(values, test::roundtrip(format, values, 130, 256));
    CHECK(stored.count == 130 * 256);
    CHECK(stored.sqnr_db == plain.sqnr_db);
    CHECK(stored.cosine == plain.cosine);
    CHECK(stored.max_abs_error == plain.max_abs_error);
    CHECK(stored.flushed_share == plain.flushed_share);
    CHECK(stored.clipped_share.has_value() == (format.scale_type != ScaleType::none && !format.zeros));
  }
}

TEST_CASE("distortion: clipped means beyond half a step above the largest code") {
  const Format& mxint8 = *find_format("mxint8");
  const std::vector<uint8_t> codes(64, 127), scales = {127, 126};
  std::vector<float> x(64, 1.98f);
  std::fill(x.begin() + 32, x.end(), 0.5f);
  const auto clipped = [&] { return measure_distortion(mxint8, x, 1, 64, codes, scales).clipped_share; };
  CHECK(clipped() == 0);
  x[0] = 127.5f / 64;
  CHECK(clipped() == 0);
  x[0] = 127.6f / 64;
  x[1] = -127.6f / 64;
  CHECK(clipped() == 2.0 / 64);
  x[40] = 1;  // the second block has half the range
  CHECK(clipped() == 3.0 / 64);
}

TEST_CASE("distortion: a scale too small clips E4M3 above 464") {
  const Format& fp8 = *find_format("fp8_e4m3_128x128");
  const std::vector<uint8_t> codes(3, 0x7E), scales = {0, 0, 0x80, 0x3F};
  const std::vector<float> x = {464, 465, -1000};
  CHECK(measure_distortion(fp8, x, 1, 3, codes, scales).clipped_share == 2.0 / 3);
}

TEST_CASE("distortion: the floor rule of mxint8 clips a little, amax / 448 never") {
  const auto values = test::gaussian(256 * 256, 1, 11);
  const double mxint8 = test::distortion(*find_format("mxint8"), values, 256, 256).clipped_share.value();
  CHECK(mxint8 > 0);
  CHECK(mxint8 < 1e-3);
  CHECK(test::distortion(*find_format("fp8_e4m3_128x128"), values, 256, 256).clipped_share == 0);
}

TEST_CASE("distortion: sizes that do not match are refused") {
  const std::vector<float> six(6), five(5);
  const std::vector<uint8_t> codes(24), scale(1);
  const Format& format = *find_format("f32");
  CHECK_THROWS_AS(measure_distortion(six, five), std::invalid_argument);
  CHECK_THROWS_AS(measure_distortion(format, five, 2, 3, codes, {}), std::invalid_argument);
  CHECK_THROWS_AS(measure_distortion(format, six, 2, 2, codes, {}), std::invalid_argument);
  CHECK_THROWS_AS(measure_distortion(format, six, 2, 3, codes, scale), std::invalid_argument);
  CHECK_THROWS_AS(measure_distortion(format, six, -2, -3, codes, {}), std::invalid_argument);
}

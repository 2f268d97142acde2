#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "host/report/theory.h"
#include "host/report/weight_error.h"

using namespace clinfer;
using namespace clinfer::report;

namespace {

Theory theory_of(const char* format) {
  return simulate(*quant::find_format(format));
}

}  // namespace

// The figures are those of an implementation of the same formats in numpy, 1024 x 4096 values.
TEST_CASE("SQNR of formats on Gaussian data") {
  const std::pair<const char*, double> expected[] = {
      {"bf16", 55.61},
      {"f16", 73.67},
      {"fp8_e4m3_tensor", 31.54},
      {"fp8_e4m3_row", 31.55},
      {"fp8_e4m3_128x128", 31.55},
      {"fp8_e4m3_1x128", 31.80},
      {"mxint8", 42.42},
      {"mxfp8_e4m3", 31.53},
      {"mxfp8_e5m2", 25.55},
      {"mxfp6_e2m3", 31.05},
      {"mxfp6_e3m2", 25.55},
      {"mxfp4", 19.01},
      {"nvfp4", 20.44},
      {"int8_row", 41.25},
      {"int8_g32", 45.43},
      {"int8_g128", 43.79},
      {"int4_g128", 18.61},
      {"int4_g128_asym", 19.95},
      {"q8_0", 45.42},
      {"q6_k", 35.01},
      {"q5_0", 27.39},
      {"q4_k", 22.93},
      {"q4_1", 22.13},
      {"q4_0", 21.31},
      {"iq4_nl", 22.37},
      {"gguf_mxfp4", 18.85},
  };
  for (const auto& [format, db] : expected) {
    CAPTURE(format);
    CHECK(theory_of(format).gaussian_db == doctest::Approx(db).epsilon(0.1 / db));
  }
}

TEST_CASE("SQNR of formats on heavy tails") {
  CHECK(theory_of("q4_0").heavy_tailed_db == doctest::Approx(18.75).epsilon(0.1 / 18.75));
  CHECK(theory_of("mxint8").heavy_tailed_db == doctest::Approx(39.28).epsilon(0.1 / 39.28));
}

TEST_CASE("verdicts") {
  const Theory theory{31.5, 28};
  const auto says = [&](double measured, const char* words) {
    CAPTURE(measured);
    CHECK(verdict_of(theory, measured).find(words) != std::string::npos);
  };
  says(31.2, "as the format must be");
  says(29, "heavy tails");
  says(20, "a defect");
  says(50, "coarser grid");
  says(std::numeric_limits<double>::infinity(), "exact");
}

TEST_CASE("errors of matrices add up") {
  const quant::Format& format = *quant::find_format("mxint8");
  std::vector<float> values(64);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) / 77 - 0.4f;
  TensorError one;
  add_matrix(format, values, 2, 32, one);
  TensorError two;
  add_matrix(format, values, 2, 32, two);
  add_matrix(format, values, 2, 32, two);
  CHECK(one.elements == 64);
  CHECK(one.noise > 0);
  CHECK(two.elements == 128);
  CHECK(two.noise == doctest::Approx(2 * one.noise));
  CHECK(two.sqnr_db() == doctest::Approx(one.sqnr_db()));
  CHECK(one.clipped_share.has_value());
  CHECK(!one.block_maxima);
  int64_t scales = 0;
  for (const auto& [power, count] : one.scales.powers) scales += count;
  CHECK(scales == 2);
}

TEST_CASE("the least cosine and the shares of experts") {
  const quant::Format& format = *quant::find_format("mxint8");
  TensorError error;
  const std::vector<float> even(32, 1.0f);
  std::vector<float> steep(32, 1e-6f);  // all but one vanish beside the largest
  steep[0] = 1;
  add_matrix(format, even, 1, 32, error);
  CHECK(error.flushed_share == 0);
  CHECK(error.noise == 0);
  add_matrix(format, steep, 1, 32, error);
  CHECK(error.flushed_share == doctest::Approx(31.0 / 64));
  CHECK(error.scales.powers.size() == 1);
}

TEST_CASE("histograms of scales") {
  ScaleHistogram h;
  for (const double scale : {1.0, 1.5, 0.25, 0.0}) h.add(scale);
  h.add(std::numeric_limits<double>::quiet_NaN());
  CHECK(h.powers == std::map<int, int64_t>{{-2, 1}, {0, 2}});
  CHECK(h.zeros == 1);
  CHECK(h.nonfinite == 1);
}

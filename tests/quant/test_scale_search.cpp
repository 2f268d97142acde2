#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>

#include "golden.h"
#include "matrix.h"
#include "quant/importance.h"
#include "quant/scale_layout.h"

using namespace clinfer::quant;

namespace {

constexpr int64_t kRows = 128, kCols = 512;

/// Student's t with four degrees of freedom.
std::vector<float> heavy_tailed(int64_t count, uint64_t seed) {
  const auto normal = test::gaussian(5 * count, 1, seed);
  std::vector<float> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) {
    float squares = 0;
    for (size_t k = 1; k < 5; ++k) squares += normal[5 * i + k] * normal[5 * i + k];
    values[i] = 0.02f * normal[5 * i] / std::sqrt(squares / 4);
  }
  return values;
}

/// One column in a hundred twenty times as large.
std::vector<float> with_outliers(uint64_t seed) {
  auto values = test::gaussian(kRows * kCols, 0.02, seed);
  for (size_t i = 0; i < values.size(); ++i) values[i] *= i % kCols % 100 == 7 ? 20.0f : 1.0f;
  return values;
}

std::map<std::string, std::vector<float>> data_sets() {
  return {{"Gaussian", test::gaussian(kRows * kCols, 0.02, 41)},
          {"heavy-tailed", heavy_tailed(kRows * kCols, 43)},
          {"outliers", with_outliers(47)}};
}

/// Like mean squares of activations: a few columns matter a hundred times as much.
std::vector<float> uneven_importance() {
  auto values = test::gaussian(kCols, 1, 53);
  for (float& value : values) value = std::exp(1.5f * value);
  return values;
}

/// sum of weights (original - decoded)^2 of each pair of `rows` rows and `cols` columns, in their order.
std::vector<double> block_errors(const std::vector<float>& values, const std::vector<float>& decoded,
                                 const std::vector<float>& weights, int64_t rows, int64_t cols) {
  std::map<std::pair<int64_t, int64_t>, double> sums;
  for (int64_t i = 0; i < kRows * kCols; ++i) {
    const auto at = static_cast<size_t>(i);
    const double difference = double{values[at]} - double{decoded[at]};
    sums[{i / kCols / rows, i % kCols / cols}] +=
        double{weights[static_cast<size_t>(i % kCols)]} * difference * difference;
  }
  std::vector<double> list;
  for (const auto& [place, sum] : sums) list.push_back(sum);
  return list;
}

double total(const std::vector<double>& errors) {
  double sum = 0;
  for (const double error : errors) sum += error;
  return sum;
}

std::vector<float> roundtrip(const Format& format, const EncodeOptions& options,
                             const std::vector<float>& values) {
  return test::decode(format, test::encode_with(format, options, values, kRows, kCols), kRows, kCols);
}

bool knows_mse(const Format& format) {
  return (format.options & kScaleFit) != 0;
}

}  // namespace

TEST_CASE("search: no block's squared error is more than round-to-nearest's, weighted or not") {
  const std::vector<float> ones(kCols, 1.0f);
  const std::vector<float> uneven = uneven_importance();
  for (const auto& [kind, values] : data_sets()) {
    for (const Format& format : formats()) {
      if (!knows_mse(format)) continue;
      CAPTURE(kind);
      CAPTURE(format.name);
      const auto errors = [&](const EncodeOptions& options, const std::vector<float>& weights) {
        return block_errors(values, roundtrip(format, options, values), weights, format.block_rows,
                            format.block_cols);
      };
      EncodeOptions weighted;
      weighted.importance = uneven;
      for (const auto& [options, weights] :
           {std::pair{parse_encode_options("mse"), &ones}, std::pair{weighted, &uneven}}) {
        const auto nearest = errors({}, *weights);
        const auto searched = errors(options, *weights);
        int worse = 0;
        for (size_t i = 0; i < nearest.size(); ++i) worse += searched[i] > nearest[i];
        CHECK(worse == 0);
        CHECK(total(searched) <= total(nearest));
      }
    }
  }
}

TEST_CASE("search: what it gains on Gaussian weights, in dB") {
  // Power-of-two scales leave little to choose; MXFP8's rceil leaves nothing.
  const std::map<std::string, double> least = {
      {"mxfp4", 0.04}, {"gguf_mxfp4", 0.2}, {"nvfp4", 1.3}, {"int4_g128", 0.85}, {"int4_g128_asym", 0.45},
      {"q4_0", 0.45},  {"q4_1", 0.6},       {"q5_0", 0.45}, {"q5_1", 0.65},      {"q8_0", 0.1}};
  const auto values = test::gaussian(kRows * kCols, 0.02, 59);
  for (const auto& [name, gain] : least) {
    CAPTURE(name);
    const Format& format = *find_format(name);
    const double nearest = measure_distortion(values, roundtrip(format, {}, values)).sqnr_db;
    const double searched =
        measure_distortion(values, roundtrip(format, parse_encode_options("mse"), values)).sqnr_db;
    CHECK(searched > nearest + gain);
  }
}

TEST_CASE("search: an importance makes the weighted error less than a plain search does") {
  const auto uneven = uneven_importance();
  EncodeOptions weighted;
  weighted.importance = uneven;
  for (const auto& [kind, values] : data_sets()) {
    for (const char* name : {"mxfp4", "nvfp4", "int4_g128", "int4_g128_asym", "q4_0", "q4_1", "q4_k", "q5_k",
                             "q6_k", "iq4_nl"}) {
      CAPTURE(kind);
      CAPTURE(name);
      const Format& format = *find_format(name);
      const EncodeOptions plain = knows_mse(format) ? parse_encode_options("mse") : EncodeOptions{};
      const auto error = [&](const EncodeOptions& options) {
        return total(block_errors(values, roundtrip(format, options, values), uneven, kRows, kCols));
      };
      CHECK(error(weighted) < error(plain));
    }
  }
}

TEST_CASE("importance: K-quants and iq4_nl give ggml's blocks") {
  const test::Golden golden = test::read_golden("importance");
  const auto values = golden.tensors.at("x").floats();
  const auto importance = golden.tensors.at("importance").floats();
  const int64_t rows = golden.tensors.at("x").shape[0];
  EncodeOptions options;
  options.importance = importance;
  for (const char* name : {"q4_k", "q5_k", "q6_k", "iq4_nl"}) {
    CAPTURE(name);
    const auto encoded = test::encode_with(*find_format(name), options, values, rows, kCols);
    CHECK(encoded.codes == golden.tensors.at(std::string(name) + "|blocks").bytes);
  }
}

TEST_CASE("importance: even, all zero or scaled by a power of two") {
  const auto values = heavy_tailed(kRows * kCols, 61);
  const std::vector<float> zeros(kCols, 0.0f), threes(kCols, 3.0f);
  auto uneven = uneven_importance();
  auto scaled = uneven;
  for (float& value : scaled) value *= 0x1p-70f;
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    const auto encoded = [&](const std::vector<float>& importance) {
      EncodeOptions options;
      options.importance = importance;
      return test::encode_with(format, options, values, kRows, kCols);
    };
    CHECK(encoded(uneven).codes == encoded(scaled).codes);
    if (!knows_mse(format)) continue;
    const auto plain = test::encode_with(format, parse_encode_options("mse"), values, kRows, kCols);
    CHECK(encoded(zeros).codes == plain.codes);
    const auto nearest = test::encode(format, values, kRows, kCols);
    EncodeOptions told = parse_encode_options("amax");
    told.importance = uneven;
    CHECK(test::encode_with(format, told, values, kRows, kCols).codes == nearest.codes);
  }
}

TEST_CASE("importance: what cannot be is refused") {
  const std::vector<float> values(256, 1.0f), few(128, 1.0f);
  std::vector<float> wrong(256, 1.0f);
  EncodeOptions options;
  options.importance = few;
  CHECK_THROWS_WITH_AS(test::encode_with(*find_format("q4_0"), options, values, 1, 256),
                       "importance of 128 columns for a matrix of 256", std::invalid_argument);
  options.importance = wrong;
  for (const float value : {-1.0f, NAN, INFINITY}) {
    wrong[9] = value;
    CHECK_THROWS_AS(test::encode_with(*find_format("q4_k"), options, values, 1, 256), std::invalid_argument);
  }
}

TEST_CASE("search: blocks of zeros, subnormals, Inf and NaN are those of round-to-nearest") {
  const float inf = std::numeric_limits<float>::infinity();
  for (const float special : {0.0f, 1e-42f, inf, NAN}) {
    std::vector<float> values(256, special);
    values[40] = special == 0.0f ? -0.0f : 1e-43f;
    for (const Format& format : formats()) {
      if (!knows_mse(format)) continue;
      CAPTURE(format.name);
      CAPTURE(special);
      const auto searched = test::encode_with(format, parse_encode_options("mse"), values, 1, 256);
      const auto nearest = test::encode(format, values, 1, 256);
      CHECK(searched.scales == nearest.scales);
      CHECK(searched.codes == nearest.codes);
    }
  }
}

TEST_CASE("search: rows encoded apart, and ragged edges") {
  const int64_t cols = 161;
  const auto values = test::gaussian(256 * cols, 0.02, 67);
  std::vector<float> importance(static_cast<size_t>(cols), 1.0f);
  importance.back() = 50.0f;
  for (const Format& format : formats()) {
    if (!knows_mse(format) || format.scale_type == ScaleType::none) continue;
    CAPTURE(format.name);
    EncodeOptions options = parse_encode_options("mse");
    options.importance = importance;
    options.matrix_amax = 0.1f;
    const auto whole = test::encode_with(format, options, values, 256, cols);
    const auto half = values.begin() + 128 * cols;
    const auto first = test::encode_with(format, options, {values.begin(), half}, 128, cols);
    const auto second = test::encode_with(format, options, {half, values.end()}, 128, cols);
    auto joined = first;
    joined.codes.insert(joined.codes.end(), second.codes.begin(), second.codes.end());
    joined.scales.insert(joined.scales.end(), second.scales.begin(), second.scales.end());
    CHECK(joined.codes == whole.codes);
    CHECK(joined.scales == whole.scales);
  }
}

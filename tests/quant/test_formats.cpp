#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include "matrix.h"
#include "quant/bytes.h"

using namespace clinfer::quant;

namespace {

const Format& format_named(const char* name) {
  const Format* format = find_format(name);
  REQUIRE(format != nullptr);
  return *format;
}

constexpr float kHuge = std::numeric_limits<float>::max();
constexpr float kTiny = std::numeric_limits<float>::denorm_min();

}  // namespace

TEST_CASE("the list: complete entries, unique names, found by name") {
  std::set<std::string_view> names;
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    CHECK(names.insert(format.name).second);
    CHECK(find_format(format.name) == &format);
    CHECK(
        (format.group_elems > 0 && format.group_bytes > 0 && format.block_rows > 0 && format.block_cols > 0));
    CHECK(!format.source.empty());
    CHECK((format.decode_row != nullptr && format.encode != nullptr));
  }
  CHECK(find_format("q4") == nullptr);
  CHECK(find_format("") == nullptr);
}

TEST_CASE("sizes: codes, scales, bits per weight") {
  const std::map<std::string, double> bits = {{"f32", 32},
                                              {"f16", 16},
                                              {"bf16", 16},
                                              {"mxint8", 8.25},
                                              {"q8_0", 8.5},
                                              {"q4_0", 4.5},
                                              {"q4_1", 5},
                                              {"fp8_e4m3_128x128", 8 + 32.0 / 16384},
                                              {"q5_0", 5.5},
                                              {"q5_1", 6},
                                              {"q4_k", 4.5},
                                              {"q5_k", 5.5},
                                              {"q6_k", 6.5625},
                                              {"iq4_nl", 4.5},
                                              {"gguf_mxfp4", 4.25},
                                              {"nvfp4", 4.5},
                                              {"mxfp8_e4m3", 8.25},
                                              {"mxfp8_e5m2", 8.25},
                                              {"mxfp6_e2m3", 6.25},
                                              {"mxfp6_e3m2", 6.25},
                                              {"mxfp4", 4.25},
                                              {"int8_row", 8},
                                              {"int8_g32", 9},
                                              {"int8_g128", 8.25},
                                              {"int4_g128", 4.25},
                                              {"int4_g128_asym", 4.3125},
                                              {"fp8_e4m3_tensor", 8},
                                              {"fp8_e4m3_row", 8},
                                              {"fp8_e4m3_1x128", 8.25},
                                              {"fp8_e5m2_tensor", 8},
                                              {"fp8_e5m2_row", 8}};
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    CHECK(bits_per_weight(format) == doctest::Approx(bits.at(std::string(format.name))).epsilon(1e-12));
    const int64_t stored = code_bytes(format, 256, 512) + scale_bytes(format, 256, 512);
    // What is stored once for a row or a matrix does not count among the bits of a weight.
    const int64_t once = format.block_rows == kWhole                          ? 4
                         : format.block_cols == kWhole || format.tensor_scale ? 256 * 4
                                                                              : 0;
    CHECK(static_cast<double>(stored - once) * 8 == doctest::Approx(bits_per_weight(format) * 256 * 512));
    CHECK(code_bytes(format, 0, 0) + scale_bytes(format, 0, 0) == 0);
  }
  const Format& fp8 = format_named("fp8_e4m3_128x128");
  CHECK(scale_bytes(fp8, 300, 520) == 3 * 5 * 4);
  CHECK(code_bytes(fp8, 300, 520) == 300 * 520);
  CHECK(scale_bytes(format_named("mxint8"), 3, 33) == 3 * 2);
  CHECK(row_bytes(format_named("q4_1"), 64) == 40);
}

TEST_CASE("sizes that cannot be are refused") {
  const Format& q8 = format_named("q8_0");
  const Format& f32 = format_named("f32");
  CHECK_THROWS_AS(row_bytes(q8, 33), std::invalid_argument);
  CHECK_THROWS_AS(code_bytes(q8, 1, 31), std::invalid_argument);
  CHECK_THROWS_AS(scale_bytes(q8, 1, 31), std::invalid_argument);
  CHECK_THROWS_AS(code_bytes(f32, -1, 4), std::invalid_argument);
  CHECK_THROWS_AS(row_bytes(f32, -4), std::invalid_argument);
  CHECK_THROWS_AS(row_bytes(f32, int64_t{1} << 61), std::invalid_argument);
  CHECK_THROWS_AS(code_bytes(f32, int64_t{1} << 31, int64_t{1} << 31), std::invalid_argument);
  CHECK_THROWS_AS(scale_bytes(format_named("mxint8"), int64_t{1} << 34, int64_t{1} << 34),
                  std::invalid_argument);
}

TEST_CASE("columns that are no multiple of a block: GGUF formats refuse, the others work") {
  const int64_t rows = 131, cols = 161;
  const auto values = test::gaussian(rows * cols, 1, 3);
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    if (format.scale_type == ScaleType::none && format.group_elems > 1) {
      std::vector<uint8_t> room(values.size() * 4);
      std::vector<float> out(values.size());
      CHECK_THROWS_AS(format.encode(values.data(), rows, cols, room.data(), nullptr), std::invalid_argument);
      CHECK_THROWS_AS(format.decode_row(room.data(), nullptr, 0, cols, out.data()), std::invalid_argument);
      continue;
    }
    CHECK(test::distortion(format, values, rows, cols).sqnr_db > (bits_per_weight(format) < 8 ? 18 : 25));
    // The last, ragged block alone gives the same values: nothing outside the matrix is read.
    const auto corner = test::roundtrip(format, {values.back()}, 1, 1);
    CHECK(std::isfinite(corner[0]));
  }
}

TEST_CASE("SQNR of Gaussian weights is what each format must give") {
  const std::map<std::string, double> expected = {
      {"f16", 73.67},          {"bf16", 55.61},           {"fp8_e4m3_128x128", 31.55},
      {"mxint8", 42.42},       {"q8_0", 45.42},           {"q4_1", 22.13},
      {"q4_0", 21.31},         {"q5_0", 27.39},           {"q4_k", 22.93},
      {"q6_k", 35.01},         {"iq4_nl", 22.37},         {"gguf_mxfp4", 18.85},
      {"nvfp4", 20.44},        {"mxfp8_e4m3", 31.53},     {"mxfp8_e5m2", 25.55},
      {"mxfp6_e2m3", 31.05},   {"mxfp6_e3m2", 25.55},     {"mxfp4", 19.01},
      {"int8_row", 41.25},     {"int8_g32", 45.43},       {"int8_g128", 43.79},
      {"int4_g128", 18.61},    {"int4_g128_asym", 19.95}, {"fp8_e4m3_tensor", 31.54},
      {"fp8_e4m3_row", 31.55}, {"fp8_e4m3_1x128", 31.80}, {"q5_1", 28.4},
      {"q5_k", 28.9},          {"fp8_e5m2_tensor", 25.5}, {"fp8_e5m2_row", 25.5}};
  const int64_t rows = 256, cols = 4096;
  const auto values = test::gaussian(rows * cols, 0.02, 20260101);
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    const auto stats = test::distortion(format, values, rows, cols);
    CHECK(stats.count == rows * cols);
    if (format.name == "f32") {
      CHECK(stats.sqnr_db == std::numeric_limits<double>::infinity());
    } else {
      CHECK(std::fabs(stats.sqnr_db - expected.at(std::string(format.name))) < 0.1);
    }
  }
}

TEST_CASE("zero blocks decode to zero in every format") {
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    for (float zero : {0.0f, -0.0f}) {
      for (float y : test::roundtrip(format, std::vector<float>(130 * 256, zero), 130, 256)) REQUIRE(y == 0);
    }
  }
}

TEST_CASE("a NaN or Inf decodes to a non-finite value and spoils at most its own block") {
  for (const Format& format : formats()) {
    for (float bad : {NAN, -NAN, INFINITY, -INFINITY}) {
      CAPTURE(format.name);
      auto values = test::gaussian(256 * 256, 1, 5);
      values[200 * 256 + 70] = bad;
      const auto decoded = test::roundtrip(format, values, 256, 256);
      CHECK(!std::isfinite(decoded[200 * 256 + 70]));
      int outside = 0, inside = 0;
      for (int64_t i = 0; i < 256 * 256; ++i) {
        const bool same_block = i / 256 / format.block_rows == 200 / format.block_rows &&
                                i % 256 / format.block_cols == 70 / format.block_cols;
        (same_block ? inside : outside) += !std::isfinite(decoded[static_cast<size_t>(i)]);
      }
      CHECK(outside == 0);
      // One scale for the whole block cannot say NaN for one element; FP8 codes can.
      const bool one = format.name.starts_with("fp8");
      CHECK(
          inside ==
          (one ? 1 : std::min<int64_t>(format.block_rows, 256) * std::min<int64_t>(format.block_cols, 256)));
    }
  }
}

TEST_CASE("subnormal and huge values are defined") {
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    const auto tiny = test::roundtrip(format, std::vector<float>(256, kTiny), 1, 256);
    for (float y : tiny) REQUIRE((y == 0 || y == kTiny));
    auto huge = std::vector<float>(256, kHuge);
    huge[1] = -kHuge;
    const auto decoded = test::roundtrip(format, huge, 1, 256);
    const bool wide_scale = format.scale_type != ScaleType::none && !format.zeros && format.name != "mxfp4";
    if (format.name == "f32" || wide_scale) {
      // The floor rule saturates; where the largest code times its rounded scale overflows, Inf results.
      CHECK(decoded[0] > 0.87f * kHuge);
      CHECK(decoded[1] < -0.87f * kHuge);
    } else if (format.name == "gguf_mxfp4") {
      CHECK(decoded[0] == 0x1.8p127f);
    } else {  // beyond the half or bfloat16 that holds the value or the scale, or the range of the scale rule
      CHECK(!std::isfinite(decoded[0]));
      CHECK(!std::isfinite(decoded[1]));
    }
  }
}

TEST_CASE("mxint8: code 0x80 decodes to -2, and the scale byte is exact at both ends") {
  const Format& format = format_named("mxint8");
  const uint8_t codes[] = {0x80, 0x7F, 0x01, 0xFF};
  const auto with_scale = [&](uint8_t scale) {
    std::vector<float> out(4);
    format.decode_row(codes, &scale, 0, 4, out.data());
    return out;
  };
  CHECK(with_scale(127) == std::vector<float>{-2, 127 / 64.0f, 1 / 64.0f, -1 / 64.0f});
  CHECK(with_scale(0)[2] == std::ldexp(1.0f, -133));
  CHECK(with_scale(254)[1] == std::ldexp(127.0f, 121));
  CHECK(std::isnan(with_scale(255)[2]));
  // 1.999 would be code 128: it clamps to 127 instead of wrapping or doubling the scale.
  const auto encoded = test::encode(format, {1.999f, -1.999f, 0.0234375f, 0.0078125f}, 1, 4);
  CHECK(encoded.codes == std::vector<uint8_t>{127, 0x81, 2, 0});  // 1.5 and 0.5 steps: ties to even
  CHECK(encoded.scales == std::vector<uint8_t>{127});
}

TEST_CASE("fp8_e4m3_128x128: every code times the scale of its block") {
  const Format& format = format_named("fp8_e4m3_128x128");
  const int64_t rows = 129, cols = 256;
  std::vector<uint8_t> codes(rows * cols), scales(2 * 2 * 4);
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<uint8_t>(i);
  for (int i = 0; i < 4; ++i) store(scales.data() + 4 * i, std::ldexp(1.0f, i));
  const auto values = test::decode(format, {codes, scales}, rows, cols);
  CHECK(values[0x38] == 1);
  CHECK(values[0xB8] == -2);
  CHECK(values[128 * 256 + 0x38] == 4);
  CHECK(values[128 * 256 + 0xFE] == -8 * 448);
  CHECK(std::isnan(values[0x7F]));
}

TEST_CASE("fp8_e4m3_128x128: the largest value of a block is code 448, whatever the rest") {
  const Format& format = format_named("fp8_e4m3_128x128");
  auto values = test::gaussian(128 * 128, 1, 9);
  values[77] = -50;
  const auto encoded = test::encode(format, values, 128, 128);
  CHECK(load<float>(encoded.scales.data()) == 50.0f / 448.0f);
  CHECK(encoded.codes[77] == 0xFE);
}

TEST_CASE("q4_1: a range that overflows makes a NaN block, not an undefined one") {
  std::vector<float> values(32, 0.0f);
  values[3] = kHuge;
  values[4] = -kHuge;
  std::vector<uint8_t> nan_block(20);
  store(nan_block.data(), uint16_t{0x7E00});
  CHECK(test::encode(format_named("q4_1"), values, 1, 32).codes == nan_block);
}

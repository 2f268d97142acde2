#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>
#include <tuple>

#include "matrix.h"
#include "quant/bytes.h"
#include "quant/catalogue.h"
#include "quant/scale_layout.h"

using namespace clinfer::quant;

namespace {

const Format& format_named(const char* name) {
  const Format* format = find_format(name);
  REQUIRE(format != nullptr);
  return *format;
}

std::string refusal(const char* name, const char* words) {
  try {
    test::encode_with(format_named(name), parse_encode_options(words), std::vector<float>(256), 1, 256);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("options: words are parsed, printed and refused by name") {
  CHECK(option_words(parse_encode_options("")) == "");
  CHECK(option_words(parse_encode_options("ue8m0,reciprocal")) == "ue8m0,reciprocal");
  CHECK(parse_encode_options("even").mode == ScaleMode::even);
  CHECK_THROWS_WITH_AS(parse_encode_options("rceil,flor"), doctest::Contains("\"flor\" is none of floor"),
                       std::invalid_argument);
  CHECK(refusal("q4_0", "floor") == "q4_0 cannot be encoded with \"floor\"");
  CHECK(refusal("mxfp4", "rceil,ue8m0") == "mxfp4 cannot be encoded with \"rceil,ue8m0\"");
  CHECK(refusal("int4_g128_asym", "full") == "int4_g128_asym cannot be encoded with \"full\"");
  CHECK(refusal("q4_k", "mse") == "q4_k cannot be encoded with \"mse\"");
  CHECK(refusal("fp8_e4m3_tensor", "mse") == "fp8_e4m3_tensor cannot be encoded with \"mse\"");
  CHECK(refusal("mxfp4", "floor,mse").empty());
}

TEST_CASE("options: a format takes every word it lists") {
  const auto values = test::gaussian(512, 1, 23);
  for (const CatalogueEntry& entry : catalogue()) {
    const Format& format = *find_format(entry.name);
    CHECK((format.encode_chosen != nullptr || entry.options.empty()));
    for (const std::string_view word : entry.options) {
      CAPTURE(entry.name);
      CAPTURE(word);
      const auto encoded = test::encode_with(format, parse_encode_options(word), values, 2, 256);
      CHECK(test::decode(format, encoded, 2, 256)[0] == doctest::Approx(values[0]).epsilon(0.5));
    }
  }
}

TEST_CASE("bands: rows encoded apart give the bytes of the whole matrix") {
  const int64_t rows = 300, cols = 512, band = 128;
  const auto values = test::gaussian(rows * cols, 1, 29);
  EncodeOptions options;
  options.matrix_amax = std::fabs(*std::max_element(
      values.begin(), values.end(), [](float a, float b) { return std::fabs(a) < std::fabs(b); }));
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    CHECK(format.whole_matrix == (format.block_rows == kWhole || format.tensor_scale));
    const auto whole = test::encode(format, values, rows, cols);
    test::Encoded bands;
    for (int64_t row = 0; row < rows; row += band) {
      const auto first = values.begin() + row * cols;
      const int64_t count = std::min(band, rows - row);
      const auto part = test::encode_with(format, options, {first, first + count * cols}, count, cols);
      bands.codes.insert(bands.codes.end(), part.codes.begin(), part.codes.end());
      if (format.block_rows == kWhole) {
        CHECK(part.scales == whole.scales);
      } else {
        bands.scales.insert(bands.scales.end(), part.scales.begin(), part.scales.end());
      }
    }
    CHECK(bands.codes == whole.codes);
    if (format.block_rows != kWhole) CHECK(bands.scales == whole.scales);
  }
}

TEST_CASE("layout: scale rows of nvfp4 and int4_g128_asym, split") {
  const Format& nvfp4 = format_named("nvfp4");
  CHECK(scale_bytes(nvfp4, 3, 40) == 3 * 8);  // t, three scales, one byte of padding
  CHECK(code_bytes(nvfp4, 3, 41) == 3 * 21);
  std::vector<float> values(2 * 40, 0.5f);
  values[7] = -2688;
  const auto encoded = test::encode(nvfp4, values, 2, 40);
  const auto split = split_scales(nvfp4, 2, 40, encoded.scales);
  CHECK(split.tensor_scale == 1.0f);
  CHECK(split.blocks == 3);
  CHECK(split.scales == std::vector<uint8_t>{0x7E, 0x1B, 0x1B, 0x1B, 0x1B, 0x1B});
  CHECK(encoded.scales[7] == 0);
  CHECK(load<float>(encoded.scales.data() + 8) == 1.0f);

  const Format& asym = format_named("int4_g128_asym");
  CHECK(scale_bytes(asym, 2, 300) == 2 * (3 * 4 + 4));
  const auto grouped = test::encode(asym, {-5, 10, 0, 2.4f}, 1, 4);
  CHECK(split_scales(asym, 1, 4, grouped.scales).zeros == std::vector<uint8_t>{5});
  CHECK(load<float>(grouped.scales.data()) == 1.0f);
  CHECK(unpack_codes(asym, 1, 4, grouped.codes) == std::vector<uint8_t>{0, 15, 5, 7});
  CHECK_THROWS_AS(split_scales(asym, 1, 4, std::vector<uint8_t>(5)), std::invalid_argument);
  CHECK_THROWS_AS(unpack_codes(asym, 1, 4, std::vector<uint8_t>(3)), std::invalid_argument);
}

TEST_CASE("packing: nibbles low first, six bits little-endian, int4 offset by eight") {
  const auto fp4 = test::encode(format_named("mxfp4"), {0.5f, -6, 4}, 1, 3);
  CHECK(fp4.codes == std::vector<uint8_t>{0xF1, 0x06});
  CHECK(fp4.scales == std::vector<uint8_t>{127});
  const auto fp6 = test::encode(format_named("mxfp6_e2m3"), {0.125f, -7.5f, 4, 0, 1}, 1, 5);
  const uint32_t group = 1u | 0x3Fu << 6 | 0x18u << 12;
  CHECK(fp6.codes == std::vector<uint8_t>{static_cast<uint8_t>(group), static_cast<uint8_t>(group >> 8),
                                          static_cast<uint8_t>(group >> 16), 8, 0, 0});
  const Format& int4 = format_named("int4_g128");
  const auto integers = test::encode(int4, {-7, 7, 1}, 1, 3);
  CHECK(integers.codes == std::vector<uint8_t>{0xF1, 0x09});
  CHECK(unpack_codes(int4, 1, 3, integers.codes) == std::vector<uint8_t>{0xF9, 7, 1});
}

TEST_CASE("catalogue: one line for each format, from the formats themselves") {
  const std::string table = catalogue_table();
  CHECK(std::count(table.begin(), table.end(), '\n') == std::ssize(formats()) + 1);
  const auto entries = catalogue();
  REQUIRE(entries.size() == formats().size());
  for (size_t i = 0; i < entries.size(); ++i) {
    CHECK(entries[i].name == formats()[i].name);
    CHECK(!entries[i].range.empty());
    CHECK(!entries[i].block.empty());
    CHECK(!entries[i].scale.empty());
    CHECK(entries[i].options.empty() == entries[i].default_options.empty());
  }
  const auto line_of = [&](const std::string& name) {
    const size_t at = table.find("\n" + name + " ") + 1;
    return table.substr(at, table.find('\n', at) - at);
  };
  CHECK(line_of("nvfp4").find("e4m3 + f32 per matrix") != std::string::npos);
  CHECK(line_of("fp8_e4m3_tensor").find("matrix") != std::string::npos);
  CHECK(line_of("q4_k").find("4.5 ") != std::string::npos);
}

TEST_CASE("integer groups: every code, and values beside the ties") {
  const Format& row = format_named("int8_row");
  std::vector<float> values(255);
  std::iota(values.begin(), values.end(), -127.0f);
  const auto encoded = test::encode(row, values, 1, 255);
  for (int i = 0; i < 255; ++i) CHECK(static_cast<int8_t>(encoded.codes[static_cast<size_t>(i)]) == i - 127);
  const auto ties = test::encode(row, {127, 0.5f, 1.5f, -2.5f, 0.4999f}, 1, 5);
  CHECK(ties.codes == std::vector<uint8_t>{127, 0, 2, 0xFE, 0});
  std::vector<uint8_t> all(256);
  std::iota(all.begin(), all.end(), uint8_t{0});
  std::vector<uint8_t> half(4);
  store(half.data(), 0.5f);
  const auto decoded = test::decode(row, {all, half}, 1, 256);
  for (int i = 0; i < 256; ++i) CHECK(decoded[static_cast<size_t>(i)] == 0.5f * static_cast<int8_t>(i));
}

TEST_CASE("fp8: a tensor of zeros or subnormals has scale and codes zero, and still says NaN") {
  for (const char* name : {"fp8_e4m3_tensor", "fp8_e5m2_row", "int8_row"}) {
    CAPTURE(name);
    const Format& format = format_named(name);
    const auto encoded = test::encode(format, {1e-42f, -1e-42f, 0}, 1, 3);
    CHECK(load<float>(encoded.scales.data()) == 0.0f);
    for (const uint8_t code : encoded.codes) CHECK((code & 0x7F) == 0);
  }
  const auto decoded = test::roundtrip(format_named("fp8_e4m3_row"), {0, NAN}, 1, 2);
  CHECK(decoded[0] == 0);
  CHECK(std::isnan(decoded[1]));
}

TEST_CASE("fp8: Inf becomes what it is there, or the largest code") {
  const std::vector<float> values = {448, -INFINITY, INFINITY, NAN, 0.5f};
  for (const auto& [name, inf, most] : {std::tuple{"fp8_e4m3_row", 0x7F, 0x7E},
                                        {"fp8_e5m2_tensor", 0x7C, 0x7B},
                                        {"fp8_e4m3_128x128", 0x7F, 0x7E}}) {
    CAPTURE(name);
    const auto special = test::encode(format_named(name), values, 1, 5);
    const auto finite = test::encode_with(format_named(name), parse_encode_options("saturate"), values, 1, 5);
    CHECK(special.codes[1] == (inf | 0x80));
    CHECK(special.codes[2] == inf);
    CHECK(finite.codes[1] == (most | 0x80));
    CHECK(finite.codes[2] == most);
    CHECK((finite.codes[3] & 0x7F) == 0x7F);
    CHECK(finite.codes[4] == special.codes[4]);
    CHECK(finite.scales == special.scales);
  }
}

TEST_CASE("q5_1: a range that overflows, and K-quants: values beyond 2^60, make NaN blocks") {
  for (const char* name : {"q5_1", "q4_k", "q5_k", "q6_k", "iq4_nl"}) {
    CAPTURE(name);
    auto values = test::gaussian(512, 1, 31);
    values[300] = std::numeric_limits<float>::max();
    values[301] = -std::numeric_limits<float>::max();
    const auto decoded = test::roundtrip(format_named(name), values, 1, 512);
    CHECK(std::isnan(decoded[300]));
    CHECK(std::isfinite(decoded[0]));
  }
}

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <stdexcept>

#include "matrix.h"
#include "quant/bytes.h"
#include "quant/iq4_nl.h"
#include "quant/minifloat.h"
#include "quant/scale_layout.h"

using namespace clinfer::quant;

namespace {

std::vector<uint8_t> random_bytes(int64_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<uint8_t> bytes(static_cast<size_t>(count));
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

/// Values that lie on a format's grid must come back as they were.
void check_exact(const char* name, const std::vector<float>& values) {
  CAPTURE(name);
  const Format* format = find_format(name);
  REQUIRE(format != nullptr);
  CHECK(test::roundtrip(*format, values, 1, static_cast<int64_t>(values.size())) == values);
}

/// low, low + 1, ... and from low again, `count` in all; the first of each `run` is low.
std::vector<float> ramp(int low, int steps, int run, int count) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i)
    values.push_back(static_cast<float>(i % run == 0 ? low : low + (i - i / run) % steps));
  return values;
}

}  // namespace

TEST_CASE("codes: packing and unpacking any bytes gives them back") {
  const int64_t rows = 3, cols = 240;
  for (const Format& format : formats()) {
    if (format.unpack_row == nullptr) continue;
    CAPTURE(format.name);
    const auto stored = random_bytes(code_bytes(format, rows, cols), 41);
    CHECK(pack_codes(format, rows, cols, unpack_codes(format, rows, cols, stored)) == stored);
  }
}

TEST_CASE("codes: scales taken apart and joined are the same bytes") {
  const int64_t rows = 130, cols = 256;
  const auto values = test::gaussian(rows * cols, 1, 43);
  for (const Format& format : formats()) {
    CAPTURE(format.name);
    const auto encoded = test::encode(format, values, rows, cols);
    CHECK(join_scales(format, rows, cols, split_scales(format, rows, cols, encoded.scales)) ==
          encoded.scales);
  }
  SplitScales parts = split_scales(*find_format("nvfp4"), 1, 16, std::vector<uint8_t>(8));
  parts.tensor_scale.reset();
  CHECK_THROWS_AS(join_scales(*find_format("nvfp4"), 1, 16, parts), std::invalid_argument);
}

TEST_CASE("codes: every code of a packed format decodes to its value") {
  const auto check = [](const char* name, int64_t count, const auto& value_of) {
    CAPTURE(name);
    const Format& format = *find_format(name);
    std::vector<uint8_t> all(static_cast<size_t>(count));
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint8_t>(i);
    SplitScales unit;
    for (int64_t block = 0; block < scale_row(format, count).blocks; ++block) {
      std::vector<uint8_t> one = {127};
      if (format.scale_type == ScaleType::e4m3) one = {0x38};
      if (format.scale_type == ScaleType::f32) one = {0, 0, 0x80, 0x3F};
      unit.scales.insert(unit.scales.end(), one.begin(), one.end());
      if (format.zeros) unit.zeros.push_back(3);
    }
    if (format.tensor_scale) unit.tensor_scale = 1.0f;
    const test::Encoded stored{pack_codes(format, 1, count, all), join_scales(format, 1, count, unit)};
    const auto values = test::decode(format, stored, 1, count);
    for (size_t i = 0; i < all.size(); ++i) CHECK(values[i] == value_of(static_cast<int>(i)));
  };
  check("mxfp8_e4m3", 127, [](int i) { return E4m3::kValues[static_cast<size_t>(i)]; });
  check("mxfp8_e5m2", 125, [](int i) { return E5m2::kValues[static_cast<size_t>(i)]; });
  check("mxfp6_e2m3", 64, [](int i) { return E2m3::kValues[static_cast<size_t>(i)]; });
  check("mxfp6_e3m2", 64, [](int i) { return E3m2::kValues[static_cast<size_t>(i)]; });
  check("mxfp4", 16, [](int i) { return E2m1::kValues[static_cast<size_t>(i)]; });
  check("nvfp4", 16, [](int i) { return E2m1::kValues[static_cast<size_t>(i)]; });
  check("mxint8", 256, [](int i) { return static_cast<float>(static_cast<int8_t>(i)) / 64.0f; });
  check("int8_g32", 256, [](int i) { return static_cast<float>(static_cast<int8_t>(i)); });
  check("int4_g128", 16, [](int i) { return static_cast<float>(i < 8 ? i : i - 16); });
  check("int4_g128_asym", 16, [](int i) { return static_cast<float>(i - 3); });
}

TEST_CASE("codes: every code of the GGUF formats") {
  for (int low : {-127, -96, -64, -32, 0, 32, 64, 96}) {
    auto values = ramp(low, 32, 1000, 32);
    values[31] = 127;  // makes d one
    check_exact("q8_0", values);
  }
  check_exact("q4_0", ramp(-8, 16, 1000, 32));
  check_exact("q5_0", ramp(-16, 32, 1000, 32));
  check_exact("q4_1", ramp(0, 16, 1000, 32));
  check_exact("q5_1", ramp(0, 32, 1000, 32));
  check_exact("q6_k", ramp(-32, 64, 16, 256));
  std::vector<float> values(kIq4NlValues, kIq4NlValues + 16);
  values.insert(values.end(), kIq4NlValues, kIq4NlValues + 16);
  check_exact("iq4_nl", values);
  const std::vector<float> half = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0.5f, -1, -1.5f, -2, -3, -4, -6, 0};
  values = half;
  values.insert(values.end(), half.begin(), half.end());
  check_exact("gguf_mxfp4", values);
}

TEST_CASE("codes: K-quant super-blocks, every code in every sub-block") {
  for (const bool five : {false, true}) {
    const Format& format = *find_format(five ? "q5_k" : "q4_k");
    auto block = random_bytes(format.group_bytes, 47);
    store(block.data(), uint16_t{0x3C00});      // d = 1
    store(block.data() + 2, uint16_t{0x3800});  // dmin = 0.5
    for (int code = 0; code < (five ? 32 : 16); ++code) {
      uint8_t* nibbles = block.data() + (five ? 48 : 16);
      std::fill(nibbles, nibbles + 128, static_cast<uint8_t>((code & 15) * 17));
      if (five) std::fill(block.data() + 16, block.data() + 48, static_cast<uint8_t>(code > 15 ? 255 : 0));
      const auto values = test::decode(format, {block, {}}, 1, 256);
      const uint8_t* b = block.data() + 4;
      for (int i = 0; i < 256; ++i) {
        const int j = i / 32;
        const int scale = j < 4 ? b[j] & 63 : (b[j + 4] & 15) + (b[j - 4] >> 6) * 16;
        const int min = j < 4 ? b[j + 4] & 63 : (b[j + 4] >> 4) + (b[j] >> 6) * 16;
        CHECK(values[static_cast<size_t>(i)] ==
              static_cast<float>(scale * code) - 0.5f * static_cast<float>(min));
      }
    }
  }
}

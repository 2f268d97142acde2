#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

#include "quant/cache_format.h"

using namespace clinfer::quant;

namespace {

CacheRow row_of(const char* format, const CacheShape& shape) {
  return cache_row(*find_cache_format(format), shape);
}

/// A row of 512 + 64 columns, normal values, one of them large.
std::vector<float> latent_row() {
  std::mt19937 random(7);
  std::normal_distribution<float> distribution;
  std::vector<float> values(576);
  for (float& x : values) x = distribution(random);
  values[100] = 30;
  return values;
}

}  // namespace

TEST_CASE("cache rows: bytes of a token") {
  const CacheShape heads{1024, 128, 0};
  CHECK(row_of("f32", heads).bytes == 4096);
  CHECK(row_of("f16", heads).bytes == 2048);
  CHECK(row_of("bf16", heads).bytes == 2048);
  CHECK(row_of("fp8_e4m3", heads).bytes == 1024 + 8 * 4);
  CHECK(row_of("mxint8", heads).bytes == 1024 + 32);
  CHECK(row_of("int8", heads).bytes == 1024 + 32 * 4);
  CHECK(row_of("int4", heads).bytes == 512 + 32 * 4 + 32);
  const CacheRow latent = row_of("fp8_e4m3", {576, 512, 64});
  CHECK(latent.group == 128);
  CHECK(latent.bytes == 656);  // as FlashMLA's record
  CHECK(row_of("int8", {80, 80, 0}).group == 16);
  CHECK(row_of("fp8_e4m3", {80, 80, 0}).group == 80);
}

TEST_CASE("cache rows: shapes that do not fit") {
  CHECK_THROWS_AS(row_of("int8", {60, 12, 0}), std::invalid_argument);
  CHECK_NOTHROW(row_of("f16", {60, 12, 0}));
  CHECK_THROWS_AS(row_of("f16", {60, 16, 0}), std::invalid_argument);
  CHECK_THROWS_AS(row_of("f16", {16, 16, 16}), std::invalid_argument);
  CHECK(find_cache_format("q8_0") == nullptr);
}

TEST_CASE("cache rows: decoding gives back what was encoded, within half a step") {
  const std::vector<float> values = latent_row();
  for (const CacheFormat& format : cache_formats()) {
    CAPTURE(format.name);
    const CacheRow row = cache_row(format, {576, 512, 64});
    std::vector<uint8_t> bytes(static_cast<size_t>(row.bytes), 0xA5);
    for (int64_t first = 0; first < 512; first += 128)
      encode_cache_columns(format, row, values.data() + first, first, 128, bytes.data());
    encode_cache_columns(format, row, values.data() + 512, 512, 64, bytes.data());
    std::vector<float> decoded(576);
    decode_cache_row(format, row, bytes.data(), decoded.data());
    // The large value's group has the largest step: 34 / 15 for int4, 30 / 127 and 1 / 4 for the int8 ones.
    // Floats are within 2^-4 of themselves (E4M3), or better, and small ones within a fraction of the
    // group's.
    const float half_step = format.name == "int4" ? 1.3f : 0.15f;
    double far = 0;
    for (size_t c = 0; c < 576; ++c) {
      const bool beside_large = c < 128;
      const float limit = format.group == 0 || format.group == kCacheHead
                              ? std::abs(values[c]) / 16 + (beside_large ? 1e-3f : 1e-4f)
                              : half_step * (beside_large ? 1.02f : 0.3f);
      CHECK(std::abs(decoded[c] - values[c]) <= limit);
      far += c >= 512 ? std::abs(decoded[c] - values[c]) : 0;
    }
    CHECK(far <= (format.name == "bf16" ? 0.2 : 0.02));  // the tail keeps 16 bits
  }
}

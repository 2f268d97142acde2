#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "host/quantize/bands.h"

using namespace clinfer;

namespace {

/// More than a band, with its largest value in the last row.
std::vector<float> ramp(int64_t rows, int64_t cols) {
  std::vector<float> values(static_cast<size_t>(rows * cols));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = std::sin(static_cast<float>(i % 100003)) * (1.0F + static_cast<float>(i) * 1e-6F);
  }
  values.back() = -100;
  return values;
}

}  // namespace

TEST_CASE("bands encode to the bytes of the whole matrix") {
  const int64_t rows = 4099;
  const int64_t cols = 1280;
  const std::vector<float> values = ramp(rows, cols);
  const quantize::RowSource source = [&](int64_t first, int64_t count, float* out) {
    std::copy_n(values.begin() + first * cols, count * cols, out);
  };
  for (const char* name :
       {"fp8_e4m3_tensor", "fp8_e4m3_128x128", "nvfp4", "int4_g128_asym", "q8_0", "mxfp4"}) {
    CAPTURE(name);
    const quant::Format& format = *quant::find_format(name);
    std::vector<uint8_t> codes(static_cast<size_t>(quant::code_bytes(format, rows, cols)));
    std::vector<uint8_t> scales(static_cast<size_t>(quant::scale_bytes(format, rows, cols)));
    format.encode(values.data(), rows, cols, codes.data(), scales.data());
    int bands = 0;
    int64_t next = 0;
    quantize::encode_in_bands({&format, {}}, rows, cols, source, [&](const quantize::Band& band) {
      CHECK(band.first == next);
      next += band.rows;
      ++bands;
      const int64_t code = quant::code_bytes(format, band.first, cols);
      CHECK(std::equal(band.codes.begin(), band.codes.end(), codes.begin() + code));
      const bool shared = format.block_rows == quant::kWhole;
      const int64_t scale = shared ? 0 : quant::scale_bytes(format, band.first, cols);
      CHECK(std::equal(band.scales.begin(), band.scales.end(), scales.begin() + scale));
    });
    CHECK(bands == 2);
    CHECK(next == rows);
  }
}

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "host/io/safetensors.h"
#include "host/io/safetensors_writer.h"
#include "host/quantize/codec.h"
#include "quant/scale_layout.h"
#include "tests/temporary_folder.h"

using namespace clinfer;

namespace {

constexpr int64_t kRows = 4099;  // more than a band
constexpr int64_t kCols = 1280;

bool same(const io::Tensor* tensor, const void* data, size_t bytes) {
  REQUIRE(tensor != nullptr);
  const auto* want = static_cast<const std::byte*>(data);
  return std::equal(tensor->bytes.begin(), tensor->bytes.end(), want, want + bytes);
}

void check_file(const io::SafetensorsFile& file, const quant::Format& format,
                const std::vector<float>& values) {
  std::vector<uint8_t> codes(static_cast<size_t>(quant::code_bytes(format, kRows, kCols)));
  std::vector<uint8_t> scales(static_cast<size_t>(quant::scale_bytes(format, kRows, kCols)));
  format.encode(values.data(), kRows, kCols, codes.data(), scales.data());
  const std::vector<uint8_t> unpacked = quant::unpack_codes(format, kRows, kCols, codes);
  CHECK(same(file.find("t.codes"), unpacked.data(), unpacked.size()));
  const quant::SplitScales split = quant::split_scales(format, kRows, kCols, scales);
  CHECK(same(file.find("t.scales"), split.scales.data(), split.scales.size()));
  if (format.zeros) CHECK(same(file.find("t.zeros"), split.zeros.data(), split.zeros.size()));
  if (format.tensor_scale) CHECK(same(file.find("t.tensor_scale"), &*split.tensor_scale, sizeof(float)));
  std::vector<float> decoded(values.size());
  for (int64_t r = 0; r < kRows; ++r)
    format.decode_row(codes.data(), scales.data(), r, kCols, decoded.data() + r * kCols);
  CHECK(same(file.find("t.dequantized"), decoded.data(), decoded.size() * sizeof(float)));
}

}  // namespace

TEST_CASE("a tensor of several bands is written as if it were one") {
  const test::TemporaryFolder folder;
  std::vector<float> values(static_cast<size_t>(kRows * kCols));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = std::sin(static_cast<float>(i % 100003)) * (1.0F + static_cast<float>(i) * 1e-6F);
  io::write_safetensors(folder.file("in"), {{"t", "f32", {kRows, kCols}, std::as_bytes(std::span(values))}});
  for (const char* name : {"fp8_e4m3_128x128", "fp8_e4m3_tensor", "nvfp4", "int4_g128_asym"}) {
    CAPTURE(name);
    const quant::Format& format = *quant::find_format(name);
    int64_t last = 0;
    quantize::encode_file({&format, {}}, folder.file("in"), folder.file("out"),
                          [&](int64_t done, int64_t total) {
                            CHECK(total == kRows * kCols);
                            CHECK(done > last);
                            last = done;
                          });
    CHECK(last == kRows * kCols);
    check_file(io::SafetensorsFile(folder.file("out")), format, values);
  }
}

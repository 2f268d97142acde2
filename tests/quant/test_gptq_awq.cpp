#include <doctest/doctest.h>

#include <stdexcept>

#include "golden.h"
#include "matrix.h"
#include "quant/gptq_awq.h"

using namespace clinfer::quant;

namespace {

constexpr int64_t kRows = 64, kCols = 256, kGroup = 128;

std::vector<uint32_t> words(const test::Golden& golden, const char* key) {
  const auto& bytes = golden.tensors.at(key).bytes;
  std::vector<uint32_t> values(bytes.size() / 4);
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// The goldens keep scales [n, groups]; checkpoints [groups, n].
std::vector<float> transposed(const std::vector<float>& from, int64_t rows, int64_t cols) {
  std::vector<float> out(from.size());
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c)
      out[static_cast<size_t>(c * rows + r)] = from[static_cast<size_t>(r * cols + c)];
  }
  return out;
}

void check_layout(PackedInt4 layout, const char* qweight, const char* qzeros) {
  CAPTURE(qzeros);
  const auto golden = test::read_golden("gptq_awq");
  const auto weight = words(golden, qweight);
  const auto zeros = words(golden, qzeros);
  const auto scales = transposed(golden.tensors.at("scales").floats(), kRows, kCols / kGroup);
  const Int4Parts parts = unpack_int4(layout, {weight, zeros, scales}, kRows, kCols, kGroup);
  CHECK(parts.codes == golden.tensors.at("q").bytes);
  CHECK(parts.scales.zeros == golden.tensors.at("zeros").bytes);
  CHECK(parts.scales.scales == golden.tensors.at("scales").bytes);
  const Format& format = *find_format("int4_g128_asym");
  const test::Encoded stored{pack_codes(format, kRows, kCols, parts.codes),
                             join_scales(format, kRows, kCols, parts.scales)};
  CHECK(test::row_hashes(test::decode(format, stored, kRows, kCols), kRows) == golden.tensors.at("dq").bytes);
}

}  // namespace

TEST_CASE("int4 of GPTQ and AWQ checkpoints decodes to the goldens") {
  check_layout(PackedInt4::gptq, "gptq_qweight", "gptq_qzeros_v1");
  check_layout(PackedInt4::gptq_v2, "gptq_qweight", "gptq_qzeros_v2");
  check_layout(PackedInt4::awq, "awq_qweight", "awq_qzeros");
}

TEST_CASE("int4 of GPTQ: a stored zero point of 15 is 0") {
  const std::vector<uint32_t> weight(8), zeros = {0xFFFFFFF7};
  const std::vector<float> scales(8, 1.0f);
  const auto parts = unpack_int4(PackedInt4::gptq, {weight, zeros, scales}, 8, 8, 8);
  CHECK(parts.scales.zeros == std::vector<uint8_t>{8, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("packed int4: sizes that do not fit are refused") {
  const std::vector<uint32_t> weight(8), zeros(1);
  const std::vector<float> scales(8), few(7);
  CHECK_THROWS_AS(unpack_int4(PackedInt4::awq, {weight, zeros, few}, 8, 8, 8), std::invalid_argument);
  CHECK_THROWS_AS(unpack_int4(PackedInt4::awq, {weight, {}, scales}, 8, 8, 8), std::invalid_argument);
  CHECK_THROWS_AS(unpack_int4(PackedInt4::gptq, {weight, zeros, scales}, 16, 8, 8), std::invalid_argument);
  CHECK_THROWS_AS(unpack_int4(PackedInt4::gptq, {weight, zeros, scales}, 8, 8, 3), std::invalid_argument);
  CHECK_THROWS_AS(unpack_int4(PackedInt4::gptq, {weight, zeros, scales}, 0, 8, 8), std::invalid_argument);
}

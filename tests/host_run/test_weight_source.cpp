#include <doctest/doctest.h>

#include <cstring>
#include <random>

#include "host/io/gguf_types.h"
#include "host/kernels/weight_layout.h"
#include "host/run/weight_source.h"
#include "host/stored/nvfp4_multiplier.h"
#include "tests/host_io/gguf_image.h"
#include "tests/host_stored/memory_checkpoint.h"
#include "tests/temporary_folder.h"

using namespace clinfer;

namespace {

using Bytes = std::vector<uint8_t>;

std::vector<float> normal(int64_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> distribution;
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = distribution(random);
  return values;
}

/// The matrices of `values`, one after the other, each encoded by itself: all codes, then all scales.
struct Encoded {
  Bytes codes, scales;
};
Encoded encoded(const quant::Format& format, const std::vector<float>& values, int64_t rows, int64_t cols) {
  const auto codes = static_cast<size_t>(quant::code_bytes(format, rows, cols));
  const auto scales = static_cast<size_t>(quant::scale_bytes(format, rows, cols));
  const size_t count = values.size() / static_cast<size_t>(rows * cols);
  Encoded result{Bytes(count * codes), Bytes(count * scales)};
  for (size_t i = 0; i < count; ++i) {
    format.encode(values.data() + static_cast<int64_t>(i) * rows * cols, rows, cols,
                  result.codes.data() + i * codes, result.scales.data() + i * scales);
  }
  if (format.tensor_scale) stored::round_tensor_scales(format, cols, result.scales);
  return result;
}

Bytes as_bytes(const std::vector<float>& values) {
  Bytes bytes(values.size() * 4);
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// The weight as its device gets it. Every byte must come, save those before the scales' alignment.
Bytes loaded(const graph::Weight& weight, const io::Checkpoint& checkpoint) {
  Bytes packed(static_cast<size_t>(kernels::layout_of(weight).bytes));
  run::load_weight(weight, checkpoint, [&](int64_t offset, std::span<const std::byte> bytes) {
    REQUIRE(static_cast<size_t>(offset) + bytes.size() <= packed.size());
    std::memcpy(packed.data() + offset, bytes.data(), bytes.size());
  });
  return packed;
}

Bytes expected_layout(const graph::Weight& weight, const Encoded& parts) {
  const kernels::WeightLayout layout = kernels::layout_of(weight);
  Bytes packed(static_cast<size_t>(layout.bytes));
  std::copy(parts.codes.begin(), parts.codes.end(), packed.begin());
  if (!parts.scales.empty())
    std::copy(parts.scales.begin(), parts.scales.end(), packed.begin() + layout.scales_offset);
  return packed;
}

}  // namespace

TEST_CASE("a matrix of several bands is encoded as in one piece") {
  constexpr int64_t kRows = 1100;  // more than the 2^22 elements of a band
  constexpr int64_t kCols = 4096;
  std::vector<float> values = normal(kRows * kCols, 1);
  values.back() = 9.0f;  // the largest lies in the last band
  const Bytes bytes = as_bytes(values);
  test::MemoryCheckpoint tensors;
  tensors.add("w", "f32", {kRows, kCols}, bytes);
  for (const char* name : {"nvfp4", "fp8_e4m3_tensor", "fp8_e5m2_tensor", "fp8_e4m3_128x128", "mxfp4"}) {
    const graph::Weight weight{{"w"}, 1, kRows, kCols, name};
    const Encoded parts = encoded(*quant::find_format(name), values, kRows, kCols);
    CHECK_MESSAGE(loaded(weight, tensors) == expected_layout(weight, parts), name);
  }
}

TEST_CASE("stacked experts are matrices of their own") {
  constexpr int64_t kExperts = 3, kRows = 130, kCols = 200;
  const std::vector<float> values = normal(kExperts * kRows * kCols, 2);
  const Encoded fp8 = encoded(*quant::find_format("fp8_e4m3_128x128"), values, kRows, kCols);
  const Bytes plain = as_bytes(values);
  test::MemoryCheckpoint tensors;
  tensors.add("fp8", "f8_e4m3", {kExperts, kRows, kCols}, fp8.codes);
  tensors.add("fp8_scale_inv", "f32", {kExperts, 2, 2}, fp8.scales);
  tensors.add("plain", "f32", {kExperts, kRows, kCols}, plain);

  SUBCASE("FP8 codes and scales as stored") {
    const graph::Weight weight{{"fp8"}, kExperts, kRows, kCols, "fp8_e4m3_128x128"};
    CHECK(loaded(weight, tensors) == expected_layout(weight, fp8));
  }
  SUBCASE("FP8 decoded by each one's scales") {
    const graph::Weight weight{{"fp8"}, kExperts, kRows, kCols, "f32"};
    std::vector<float> decoded(values.size());
    for (int64_t row = 0; row < kExperts * kRows; ++row) {
      const int64_t expert = row / kRows;
      quant::find_format("fp8_e4m3_128x128")
          ->decode_row(fp8.codes.data() + expert * kRows * kCols, fp8.scales.data() + expert * 16,
                       row % kRows, kCols, decoded.data() + row * kCols);
    }
    CHECK(run::decode_weight(weight, tensors) == decoded);
  }
  SUBCASE("quantised with the largest of each") {
    for (const char* name : {"nvfp4", "fp8_e4m3_tensor", "int4_g128_asym", "fp8_e4m3_128x128"}) {
      const graph::Weight weight{{"plain"}, kExperts, kRows, kCols, name};
      const Encoded parts = encoded(*quant::find_format(name), values, kRows, kCols);
      CHECK_MESSAGE(loaded(weight, tensors) == expected_layout(weight, parts), name);
    }
  }
}

TEST_CASE("matrices of one tensor that share scales are encoded anew") {
  constexpr int64_t kExperts = 2, kRows = 100, kCols = 128;
  const quant::Format& format = *quant::find_format("fp8_e4m3_128x128");
  const Encoded fp8 = encoded(format, normal(kExperts * kRows * kCols, 3), kExperts * kRows, kCols);
  test::MemoryCheckpoint tensors;
  tensors.add("w", "f8_e4m3", {kExperts * kRows, kCols}, fp8.codes);
  tensors.add("w_scale_inv", "f32", {2, 1}, fp8.scales);
  std::vector<float> decoded(static_cast<size_t>(kExperts * kRows * kCols));
  for (int64_t row = 0; row < kExperts * kRows; ++row)
    format.decode_row(fp8.codes.data(), fp8.scales.data(), row, kCols, decoded.data() + row * kCols);
  const graph::Weight weight{{"w"}, kExperts, kRows, kCols, std::string(format.name)};
  CHECK(loaded(weight, tensors) == expected_layout(weight, encoded(format, decoded, kRows, kCols)));
}

TEST_CASE("GGUF tensors of every type that quant knows are weights") {
  constexpr int64_t kRows = 3, kCols = 512;
  test::GgufImage image;
  image.add_string("general.architecture", "llama").add_u32("llama.block_count", 64);
  std::vector<std::pair<const quant::Format*, Encoded>> stored;
  for (const io::GgufTensorType& type : io::gguf_tensor_types()) {
    const quant::Format* format = quant::find_format(type.format);
    if (format == nullptr) continue;
    CHECK(quant::row_bytes(*format, kCols) ==
          kCols / static_cast<int64_t>(type.block_elems) * static_cast<int64_t>(type.block_bytes));
    const Encoded parts = encoded(*format, normal(kRows * kCols, type.id), kRows, kCols);
    REQUIRE(parts.scales.empty());
    image.add_tensor("blk." + std::to_string(stored.size()) + ".ffn_down.weight",
                     {static_cast<uint64_t>(kCols), static_cast<uint64_t>(kRows)}, type.id,
                     std::string(parts.codes.begin(), parts.codes.end()));
    stored.emplace_back(format, parts);
  }
  CHECK(stored.size() ==
        13);  // f32, f16, bf16, q8_0, q4_0, q4_1, q5_0, q5_1, q4_k, q5_k, q6_k, iq4_nl, mxfp4
  const test::TemporaryFolder folder;
  const auto checkpoint = io::open(folder.write("model.gguf", image.bytes()));
  for (size_t i = 0; i < stored.size(); ++i) {
    const std::string name = "model.layers." + std::to_string(i) + ".mlp.down_proj.weight";
    const quant::Format& format = *stored[i].first;
    CHECK(run::stored_matrix(*checkpoint, name).format == &format);
    const graph::Weight weight{{name}, 1, kRows, kCols, std::string(format.name)};
    CHECK_MESSAGE(loaded(weight, *checkpoint) == expected_layout(weight, stored[i].second), format.name);
  }
}

#include <doctest/doctest.h>

#include "host/kernels/fp8_matmul.h"
#include "host/kernels/row_tiles.h"
#include "host/kernels/value_bytes.h"
#include "host/kernels/weight_layout.h"
#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

constexpr const char* kWeights = "fp8_e4m3_128x128";
constexpr const char* kActivations = "fp8_e4m3_1x128";

graph::Weight weight_of(int64_t experts, int64_t rows, int64_t cols, const char* format = kWeights) {
  graph::Weight weight{.tensors = {"w"}, .experts = experts, .rows = rows, .cols = cols};
  weight.format = format;
  weight.row_group = kernels::kTileRows;
  return weight;
}

/// Bytes that tell where they come from.
kernels::Bytes numbered(const graph::Weight& weight) {
  kernels::Bytes bytes(static_cast<size_t>(kernels::layout_of(weight).bytes));
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 37 ^ i >> 8 ^ i >> 16);
  return bytes;
}

Case in_tiles(Case c) {
  for (graph::Value& value : c.graph.values) {
    auto* weight = std::get_if<graph::Weight>(&value.source);
    if (weight != nullptr && !weight->vector) weight->row_group = kernels::kTileRows;
  }
  return c;
}

Case linear_case(const std::string& activations, int64_t tokens, int64_t rows, int64_t cols,
                 const std::string& weights = kWeights) {
  const auto seed = static_cast<uint64_t>(tokens * 3 + rows);
  std::mt19937_64 random(seed);
  graph::Builder builder("linear");
  const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, cols, activations});
  const auto y = builder.add(graph::Linear{}, "y", {x, builder.weight("w", rows, cols)});
  Case c;
  c.graph = finish(builder, y, weights);
  c.inputs = {normal(tokens, cols, random), normal(rows, cols, random)};
  c.sizes = {tokens, tokens, tokens};
  c.name = weights + " tokens=" + std::to_string(tokens) + " rows=" + std::to_string(rows);
  c.seed = seed;
  return in_tiles(std::move(c));
}

Case expert_case(int64_t tokens) {
  constexpr int64_t kTopK = 2, kExperts = 3, kRows = 136, kCols = 256;
  std::mt19937_64 random(5);
  graph::Builder builder("expert_linear");
  const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, kCols, kActivations});
  const auto ids = builder.input("ids", {graph::DType::i32, graph::kTokens, kTopK});
  const auto w = builder.expert_weight("w", {"0", "1", "2"}, kExperts, kRows, kCols);
  Case c;
  c.graph = finish(builder, builder.add(graph::ExpertLinear{}, "y", {x, ids, w}), kWeights);
  c.sizes = {tokens, tokens, tokens};
  c.inputs = {normal(tokens, kCols, random), integers(tokens, kTopK, 0, kExperts - 1, random),
              normal(kExperts * kRows, kCols, random)};
  c.name = "experts tokens=" + std::to_string(tokens);
  return in_tiles(std::move(c));
}

Case embedding_case() {
  std::mt19937_64 random(3);
  graph::Builder builder("embedding");
  const auto ids = builder.input("ids", {graph::DType::i32, graph::kTokens, 1});
  const auto y = builder.add(graph::Embedding{}, "y", {ids, builder.weight("w", 200, 128)});
  Case c;
  c.graph = finish(builder, y, kWeights);
  c.sizes = {9, 9, 9};
  c.inputs = {integers(9, 1, 0, 199, random), normal(200, 128, random)};
  c.name = "embedding";
  return in_tiles(std::move(c));
}

}  // namespace

TEST_CASE("row tiles: whole ones lie as wgmma's operand is packed, the last has the rows that are left") {
  constexpr int64_t kRows = 300, kCols = 384, kExperts = 2;
  const graph::Weight weight = weight_of(kExperts, kRows, kCols);
  const kernels::Bytes apart = numbered(weight);
  kernels::Bytes tiled = apart;
  kernels::group(weight, tiled);
  int64_t wrong = 0;
  for (int64_t i = 0; i < kExperts * kRows * kCols; ++i) {
    const int64_t expert = i / (kRows * kCols);
    const int64_t row = i / kCols % kRows;
    const int64_t col = i % kCols;
    int64_t at = kernels::fp8_weight_offset({1, kRows, kCols}, row, col);
    if (row >= 256) at = 256 * kCols + (col / 64 * 44 + row - 256) * 64 + at % 64;
    wrong += tiled[static_cast<size_t>(expert * kRows * kCols + at)] != apart[static_cast<size_t>(i)];
  }
  CHECK(wrong == 0);
  kernels::ungroup(weight, tiled);
  CHECK(tiled == apart);
}

TEST_CASE("row tiles: in pieces, of one expert or of several, the bytes are the same") {
  const graph::Weight weight = weight_of(3, 300, 128);
  const kernels::WeightLayout layout = kernels::layout_of(weight);
  const kernels::Bytes apart = numbered(weight);
  kernels::Bytes tiled = apart;
  kernels::group(weight, tiled);
  kernels::Bytes sent(apart.size());
  const kernels::LayoutSink sink = kernels::tiling(weight, [&](int64_t offset, auto bytes) {
    std::copy(bytes.begin(), bytes.end(), sent.begin() + offset);
  });
  const auto piece = [&](int64_t offset, int64_t end) {
    sink(offset, std::span(apart).subspan(static_cast<size_t>(offset), static_cast<size_t>(end - offset)));
  };
  const int64_t expert = layout.expert_code_bytes;
  piece(0, 128 * 128);
  piece(128 * 128, expert);
  piece(expert, 3 * expert);
  piece(layout.scales_offset, layout.bytes);
  std::fill(sent.begin() + 3 * expert, sent.begin() + layout.scales_offset, apart[0]);
  std::fill(tiled.begin() + 3 * expert, tiled.begin() + layout.scales_offset, apart[0]);
  CHECK(sent == tiled);
}

TEST_CASE("row tiles: for E4M3 on both sides, where wgmma is there") {
  graph::DeviceInfo device;
  const graph::Type x{graph::DType::f32, graph::kTokens, 1024, kActivations};
  const auto suits = [&](int64_t cols, const graph::Type& type) {
    return kernels::suits_row_tiles(device, weight_of(1, 40, cols), type);
  };
  CHECK_FALSE(suits(1024, x));
  device.probes.wgmma = true;
  CHECK(suits(1024, x));
  CHECK_FALSE(suits(512, x));
  CHECK_FALSE(suits(1088, x));
  CHECK_FALSE(suits(1024, {graph::DType::f32, graph::kTokens, 1024}));
}

TEST_CASE("row tiles: for one matrix in bf16 and activations in bf16, where wgmma is there") {
  graph::DeviceInfo device;
  const auto suits = [&](const graph::Weight& weight, const char* activations) {
    const graph::Type x{graph::DType::f32, graph::kTokens, weight.cols, activations};
    return kernels::suits_row_tiles(device, weight, x);
  };
  CHECK_FALSE(suits(weight_of(1, 40, 192, "bf16"), "bf16"));
  device.probes.wgmma = true;
  CHECK(suits(weight_of(1, 40, 192, "bf16"), "bf16"));
  CHECK_FALSE(suits(weight_of(1, 40, 64, "bf16"), "bf16"));
  CHECK_FALSE(suits(weight_of(1, 40, 224, "bf16"), "bf16"));
  CHECK_FALSE(suits(weight_of(2, 40, 192, "bf16"), "bf16"));
  CHECK_FALSE(suits(weight_of(1, 40, 192, "bf16"), ""));
  CHECK_FALSE(suits(weight_of(1, 40, 192, "f16"), "bf16"));
}

TEST_CASE("row tiles: every kernel that reads them") {
  check(linear_case(kActivations, 1, 8, 128));
  check(linear_case(kActivations, 5, 300, 384));
  check(linear_case("", 3, 130, 256));
  check(linear_case(kActivations, 40, 300, 384));
  check(linear_case("bf16", 1, 8, 128, "bf16"));
  check(linear_case("bf16", 5, 300, 192, "bf16"));
  check(linear_case("bf16", 40, 300, 320, "bf16"));
  for (const int64_t tokens : {3, 20}) check(expert_case(tokens));
  check(embedding_case());
}

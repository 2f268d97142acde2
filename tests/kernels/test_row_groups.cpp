#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <numeric>

#include "host/kernels/row_groups.h"
#include "host/kernels/value_bytes.h"
#include "host/kernels/weight_layout.h"
#include "quant/format.h"
#include "tests/kernels/linear_case.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

constexpr std::string_view kFormats[] = {"q8_0",     "q4_0", "q4_1", "mxint8",
                                         "int8_g32", "f16",  "bf16", "fp8_e4m3_128x128"};

bool is_float(std::string_view format) {
  return format == "f16" || format == "bf16" || format == "fp8_e4m3_128x128";
}

graph::Weight weight_of(std::string_view format, int64_t experts, int64_t rows, int64_t cols) {
  graph::Weight weight{.tensors = {"w"}, .experts = experts, .rows = rows, .cols = cols};
  weight.format = format;
  weight.row_group = kernels::kGroupRows;
  return weight;
}

/// Bytes that tell where they come from.
kernels::Bytes numbered(const graph::Weight& weight) {
  kernels::Bytes bytes(static_cast<size_t>(kernels::layout_of(weight).bytes));
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 37 ^ i >> 8);
  return bytes;
}

/// Marks the weights of a case's node as lying in groups.
Case in_groups(Case c) {
  for (graph::Value& value : c.graph.values) {
    auto* weight = std::get_if<graph::Weight>(&value.source);
    if (weight != nullptr && !weight->vector) weight->row_group = kernels::kGroupRows;
  }
  c.name += " in groups";
  return c;
}

Case grouped_linear(std::string_view weights, const std::string& activations, LinearShape shape, bool bias,
                    uint64_t seed) {
  return linear_case(std::string(weights), activations, shape, bias, seed, kernels::kGroupRows);
}

Case expert_case(std::string_view weights, const std::string& activations, int64_t tokens, uint64_t seed) {
  constexpr int64_t kTopK = 2, kExperts = 5, kRows = 48, kCols = 224;
  std::mt19937_64 random(seed);
  graph::Builder builder("expert_linear");
  const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, kCols, activations});
  const auto ids = builder.input("ids", {graph::DType::i32, graph::kTokens, kTopK});
  const auto w = builder.expert_weight("w", {"0", "1", "2", "3", "4"}, kExperts, kRows, kCols);
  const auto y = builder.add(graph::ExpertLinear{}, "y", {x, ids, w});
  Case c;
  c.graph = finish(builder, y, std::string(weights));
  c.sizes = {tokens, tokens, tokens};
  c.inputs = {normal(tokens, kCols, random), integers(tokens, kTopK, 0, kExperts - 1, random),
              normal(kExperts * kRows, kCols, random)};
  c.name = std::string(weights) + " tokens=" + std::to_string(tokens);
  c.seed = seed;
  return in_groups(std::move(c));
}

Case embedding_case(std::string_view weights) {
  std::mt19937_64 random(3);
  graph::Builder builder("embedding");
  const auto ids = builder.input("ids", {graph::DType::i32, graph::kTokens, 1});
  const auto w = builder.weight("w", 64, 96);
  const auto y = builder.add(graph::Embedding{}, "y", {ids, w});
  Case c;
  c.graph = finish(builder, y, std::string(weights));
  c.sizes = {9, 9, 9};
  c.inputs = {integers(9, 1, 0, 63, random), normal(64, 96, random)};
  c.name = std::string(weights);
  return in_groups(std::move(c));
}

}  // namespace

TEST_CASE("row groups: a block's halves, then its words of codes, side by side") {
  const graph::Weight weight = weight_of("q4_1", 1, 32, 64);
  const kernels::Bytes apart = numbered(weight);
  kernels::Bytes grouped = apart;
  kernels::group(weight, grouped);
  constexpr size_t kRowBytes = 2 * 20;
  for (size_t row = 0; row < 32; ++row) {
    const size_t group = row / 16 * 16 * kRowBytes;
    const size_t lane = row % 16;
    for (size_t block = 0; block < 2; ++block) {
      const size_t from = row * kRowBytes + block * 20;
      const size_t to = group + block * 16 * 20;
      CHECK(grouped[to + lane * 2] == apart[from]);               // d
      CHECK(grouped[to + 32 + lane * 2 + 1] == apart[from + 3]);  // m
      for (size_t word = 0; word < 4; ++word)
        CHECK(grouped[to + 64 + (word * 16 + lane) * 4 + 2] == apart[from + 4 + word * 4 + 2]);
    }
  }
}

TEST_CASE("row groups: there and back, whole or in pieces, the bytes are the same") {
  for (const std::string_view format : kFormats) {
    const graph::Weight weight = weight_of(format, 3, 48, 96);
    const kernels::WeightLayout layout = kernels::layout_of(weight);
    const kernels::Bytes apart = numbered(weight);
    kernels::Bytes grouped = apart;
    kernels::group(weight, grouped);
    CHECK(grouped != apart);
    kernels::Bytes sent = apart;
    const kernels::LayoutSink sink = kernels::placing(weight, sent);
    const auto piece = [&](int64_t offset, int64_t bytes) {
      sink(offset, std::span(apart).subspan(static_cast<size_t>(offset), static_cast<size_t>(bytes)));
    };
    for (int64_t e = 0; e < 3; ++e) {
      const int64_t third = layout.expert_code_bytes / 3;
      piece(e * layout.expert_code_bytes, third);
      piece(e * layout.expert_code_bytes + third, 2 * third);
      if (layout.expert_scale_bytes > 0)
        piece(layout.scales_offset + e * layout.expert_scale_bytes, layout.expert_scale_bytes);
    }
    CHECK(sent == grouped);
    kernels::ungroup(weight, grouped);
    CHECK(grouped == apart);
  }
}

TEST_CASE("row groups: on CPUs, int8 activations, whole groups and blocks") {
  graph::DeviceInfo device;
  device.is_cpu = true;
  const graph::Type x{graph::DType::f32, graph::kTokens, 64, "int8_g32"};
  const auto suits = [&](const graph::Weight& weight) {
    return kernels::suits_row_groups(device, weight, x);
  };
  CHECK(suits(weight_of("q4_0", 1, 32, 64)));
  CHECK_FALSE(suits(weight_of("q4_0", 1, 24, 64)));
  CHECK_FALSE(suits(weight_of("q6_k", 1, 32, 256)));
  CHECK_FALSE(suits(weight_of("mxint8", 1, 32, 80)));
  const graph::Type plain{graph::DType::f32, graph::kTokens, 64};
  CHECK_FALSE(kernels::suits_row_groups(device, weight_of("q4_0", 1, 32, 64), plain));
  CHECK_FALSE(suits(weight_of("f16", 1, 32, 80)));
  CHECK(kernels::suits_row_groups(device, weight_of("bf16", 1, 32, 81), plain));
  device.is_cpu = false;
  CHECK_FALSE(suits(weight_of("q4_0", 1, 32, 64)));
}

TEST_CASE("row groups: with and without VNNI the bits are the same") {
  for (const Target& target : targets()) {
    if (!target.info.probes.x86_vnni_asm) continue;
    Target without = target;
    without.info.probes.x86_vnni_asm = false;
    for (const std::string_view format : kFormats) {
      if (is_float(format)) continue;
      for (const int64_t tokens : {1, 7, 21}) {
        const Case c = grouped_linear(format, "int8_g32", {tokens, 48, 1120}, tokens == 7, 77);
        const std::string_view variant = tokens <= 8 ? "linear/dot_rows" : "linear/dot_tile";
        INFO(c.name);
        CHECK(run(c, target, variant).outputs == run(c, without, variant).outputs);
      }
    }
  }
}

TEST_CASE("row groups: every kernel that reads them") {
  uint64_t seed = 1300;
  for (const std::string_view format : kFormats) {
    const std::string activations = is_float(format) ? "" : "int8_g32";
    for (const int64_t tokens : {1, 3, 4, 6, 8, 9, 67})
      check(grouped_linear(format, tokens == 6 && !is_float(format) ? "mxint8" : activations,
                           {tokens, 48, tokens % 2 ? 32 : 1120}, tokens % 3 == 0, ++seed));
    if (is_float(format)) {
      const int64_t cols = format == "fp8_e4m3_128x128" ? 134 : 37;
      check(grouped_linear(format, "", {7, 32, cols}, true, ++seed));
      check(grouped_linear(format, "", {21, 32, cols}, true, ++seed));
    }
    if (format != "q4_1" && format != "mxint8" && format != "f16" && format != "fp8_e4m3_128x128")
      continue;  // the others are read alike
    check(grouped_linear(format, "", {5, 32, 96}, true, ++seed));
    check(grouped_linear(format, "", {20, 32, 96}, false, ++seed));
    for (const int64_t tokens : {1, 5, 40}) check(expert_case(format, activations, tokens, ++seed));
    check(embedding_case(format));
  }
  for (const std::string activations : {"mxint8", "int8_g32"}) {
    for (const Target& target : targets()) {
      if (!target.info.is_cpu) continue;
      const Case together = grouped_linear("q4_1", activations, {7, 64, 1280}, true, 5);
      const kernels::TrialResult all = run(together, target, "linear/dot_rows");
      Case alone = together;
      alone.sizes = {1, 1, 1};
      alone.inputs[0] = graph::Array(1, 1280);
      std::copy_n(together.inputs[0].row(6), 1280, alone.inputs[0].row(0));
      const kernels::TrialResult one = run(alone, target, "linear/dot_rows");
      CHECK(std::equal(one.outputs[0].begin(), one.outputs[0].end(), all.outputs[0].end() - 64 * 4));
    }
  }
}

TEST_CASE("row groups: every E4M3 code is worth what it says, and a NaN spoils its row alone") {
  constexpr int64_t kRows = 256, kCols = 32;
  // The NaNs lie in an odd column with one token, in an even one with nine.
  for (const int64_t tokens : {1, 9}) {
    const auto col_of = [&](int64_t row) { return (row + tokens / 9) % kCols; };
    const Case c = grouped_linear("fp8_e4m3_128x128", "", {tokens, kRows, kCols}, false, 1);
    const graph::Weight& weight = *c.graph.value(c.graph.nodes.front().inputs[1]).weight();
    const kernels::WeightLayout layout = kernels::layout_of(weight);
    kernels::Bytes bytes(static_cast<size_t>(layout.bytes));
    for (int64_t row = 0; row < kRows; ++row)
      bytes[static_cast<size_t>(row * kCols + col_of(row))] = static_cast<std::byte>(row);
    const float scales[] = {0x1p-3f, 0x1p5f};
    std::memcpy(bytes.data() + layout.scales_offset, scales, sizeof scales);
    std::vector<float> expected(kRows);
    for (int64_t row = 0; row < kRows; ++row) {
      std::vector<float> values(kCols);
      const auto* from = reinterpret_cast<const uint8_t*>(bytes.data());
      quant::find_format(weight.format)
          ->decode_row(from, from + layout.scales_offset, row, kCols, values.data());
      expected[static_cast<size_t>(row)] = values[static_cast<size_t>(col_of(row))];
    }
    kernels::group(weight, bytes);
    const std::vector<float> ones(static_cast<size_t>(tokens * kCols), 1.0f);
    const auto* x = reinterpret_cast<const std::byte*>(ones.data());
    const std::vector<kernels::Bytes> inputs = {{x, x + ones.size() * sizeof(float)}, bytes};
    for (const Target& target : targets()) {
      const kernels::OpContext context = context_of(c, target.info);
      for (const kernels::Variant& variant : kernels::variants_of(context.node.op)) {
        if (!variant.supports(context).ok) continue;
        const auto result = run_trial(target.device, programs(), variant, context, inputs, c.sizes);
        std::vector<float> y(static_cast<size_t>(tokens * kRows));
        std::memcpy(y.data(), result.outputs[0].data(), y.size() * sizeof(float));
        INFO(target.name << " " << variant.name);
        for (size_t i = 0; i < y.size(); ++i) {
          const float value = expected[i % kRows];
          CHECK_MESSAGE((std::isnan(value) ? std::isnan(y[i]) : y[i] == value), "row " << i % kRows);
        }
      }
    }
  }
}

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "cl_kernels/args/fp8_linear_args.h"
#include "host/kernels/activation_layout.h"
#include "host/kernels/fp8_linear.h"
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

struct Shape {
  int64_t tokens;
  int64_t rows;
  int64_t cols;
  int64_t top_k = 0;  ///< 0: one matrix
  int64_t experts = 1;
};

Case make_case(const Shape& s, bool per_slot, bool bias) {
  const auto seed = static_cast<uint64_t>(s.tokens * 31 + s.rows * 7 + s.cols + s.top_k);
  std::mt19937_64 random(seed);
  graph::Builder builder("product");
  const int64_t x_cols = per_slot ? s.cols * s.top_k : s.cols;
  std::vector<graph::ValueId> inputs = {
      builder.input("x", {graph::DType::f32, graph::kTokens, x_cols, kActivations})};
  Case c;
  c.inputs = {normal(s.tokens, x_cols, random)};
  if (s.top_k > 0) {
    inputs.push_back(builder.input("ids", {graph::DType::i32, graph::kTokens, s.top_k}));
    c.inputs.push_back(integers(s.tokens, s.top_k, 0, s.experts - 1, random));
    std::vector<std::string> tensors;
    for (int64_t e = 0; e < s.experts; ++e) tensors.push_back("w" + std::to_string(e));
    inputs.push_back(builder.expert_weight("w", tensors, s.experts, s.rows, s.cols));
  } else {
    inputs.push_back(builder.weight("w", s.rows, s.cols));
  }
  c.inputs.push_back(normal(s.experts * s.rows, s.cols, random));
  if (bias) {
    inputs.push_back(builder.vector("bias", s.rows, s.experts));
    c.inputs.push_back(normal(s.experts, s.rows, random));
  }
  const graph::Op op = s.top_k > 0 ? graph::Op(graph::ExpertLinear{.per_slot = per_slot}) : graph::Linear{};
  c.graph = finish(builder, builder.add(op, "y", inputs), kWeights);
  for (graph::Value& value : c.graph.values) {
    auto* weight = std::get_if<graph::Weight>(&value.source);
    if (weight != nullptr && !weight->vector) weight->row_group = kernels::kTileRows;
  }
  c.sizes = {s.tokens, s.tokens, s.tokens};
  c.name = "tokens=" + std::to_string(s.tokens) + " rows=" + std::to_string(s.rows) +
           " cols=" + std::to_string(s.cols) + " experts=" + std::to_string(s.experts) +
           (per_slot ? " per_slot" : "");
  c.seed = seed;
  return c;
}

/// The scratch memory behind all launches but the two multiplications.
std::vector<uint8_t> prepared_scratch(const Target& target, const Case& c) {
  const kernels::OpContext context = context_of(c, target.info);
  const kernels::Prepared prepared = c.graph.nodes[0].inputs.size() > 2
                                         ? kernels::prepare_expert_linear_fp8_wgmma(context)
                                         : kernels::prepare_linear_fp8_wgmma(context);
  std::vector<cl::Buffer> in;
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    const kernels::Bytes bytes = kernels::encode(context.input(i), c.inputs[i]);
    in.push_back(target.device.allocate(static_cast<int64_t>(bytes.size())));
    target.device.write(in.back(), bytes);
  }
  const std::vector<cl::Buffer> out = {
      target.device.allocate(kernels::device_bytes(context.output(0), c.sizes))};
  const cl::Buffer scratch = target.device.allocate(prepared.scratch_bytes);
  target.device.fill(scratch, 0xFF, 0, scratch.bytes());
  for (size_t i = 0; i + 2 < prepared.launches.size(); ++i) {
    const kernels::Launch& launch = prepared.launches[i];
    cl::Kernel kernel(programs().build(target.device, launch.program), launch.kernel);
    enqueue(target.device, kernel, launch, in, out, scratch, c.sizes);
  }
  target.device.finish();
  std::vector<uint8_t> memory(static_cast<size_t>(scratch.bytes()));
  target.device.read(scratch, std::as_writable_bytes(std::span(memory)));
  return memory;
}

template <typename T>
T at(const std::vector<uint8_t>& memory, int64_t offset) {
  T value;
  std::memcpy(&value, memory.data() + offset, sizeof value);
  return value;
}

/// Compares a row of packed x with columns [first, first + cols) of a record; row < 0: with zeros.
int64_t unlike(const std::vector<uint8_t>& memory, const kernels::Fp8Workspace& place,
               const kernels::Fp8Shape& packed, int64_t packed_row, const uint8_t* record,
               const kernels::ActivationLayout& layout, int64_t first) {
  int64_t wrong = 0;
  const int64_t padded = (packed.m + 127) / 128 * 128;
  for (int64_t col = 0; col < packed.k; ++col) {
    const uint8_t want = record == nullptr ? 0 : record[first + col];
    wrong += memory[static_cast<size_t>(place.x_at + fp8_activation_offset(packed, packed_row, col))] != want;
    float scale = 0;
    if (record != nullptr)
      std::memcpy(&scale, record + layout.scales_offset + (first + col) / 128 * 4, sizeof scale);
    wrong += at<float>(memory, place.scales_at + (col / 128 * padded + packed_row) * 4) != scale;
  }
  return wrong;
}

}  // namespace

TEST_CASE("fp8_linear: x's records become fragments") {
  const Case c = make_case({67, 137, 384}, false, false);
  for (const Target& target : targets()) {
    CAPTURE(target.name);
    const kernels::OpContext context = context_of(c, target.info);
    const std::vector<uint8_t> memory = prepared_scratch(target, c);
    const kernels::ActivationLayout layout = kernels::activation_layout(kActivations, 384);
    const kernels::Bytes records = kernels::encode(context.input(0), c.inputs[0]);
    const auto* bytes = reinterpret_cast<const uint8_t*>(records.data());
    int64_t wrong = 0;
    for (int64_t row = 0; row < 128; ++row)
      wrong += unlike(memory, kernels::fp8_workspace(context), {67, 137, 384}, row,
                      row < 67 ? bytes + row * layout.row_bytes : nullptr, layout, 0);
    CHECK(wrong == 0);
    for (int64_t i = 0; i < TILE_COUNTERS; ++i) CHECK(at<uint32_t>(memory, 4 * i) == 0);
  }
}

TEST_CASE("fp8_linear: entries are gathered for their experts, tile by tile") {
  constexpr int64_t kTokens = 211, kTopK = 2, kExperts = 5, kCols = 256;
  for (const bool per_slot : {false, true}) {
    Case c = make_case({kTokens, 33, kCols, kTopK, kExperts}, per_slot, false);
    for (int64_t t = 0; t < 150; ++t) c.inputs[1].at(t, 0) = 3;  // more than a tile
    c.inputs[1].at(7, 1) = kExperts;                             // outside
    c.inputs[1].at(9, 1) = -1;
    for (const Target& target : targets()) {
      CAPTURE(target.name);
      const kernels::OpContext context = context_of(c, target.info);
      const kernels::Fp8Workspace place = kernels::fp8_workspace(context);
      const std::vector<uint8_t> memory = prepared_scratch(target, c);
      const int64_t x_cols = per_slot ? kCols * kTopK : kCols;
      const kernels::ActivationLayout layout = kernels::activation_layout(kActivations, x_cols);
      const kernels::Bytes records = kernels::encode(context.input(0), c.inputs[0]);
      const auto* bytes = reinterpret_cast<const uint8_t*>(records.data());
      const int64_t rows = kernels::fp8_expert_rows(kTokens * kTopK, kExperts);
      int64_t tile = 0;
      int64_t wrong = 0;
      for (int64_t e = 0; e < kExperts; ++e) {
        std::vector<int64_t> entries;
        for (int64_t i = 0; i < kTokens * kTopK; ++i)
          if (c.inputs[1].at(i / kTopK, i % kTopK) == static_cast<double>(e)) entries.push_back(i);
        for (size_t first = 0; first < entries.size(); first += 128, ++tile) {
          const auto count = static_cast<int64_t>(std::min<size_t>(128, entries.size() - first));
          const auto got = at<ExpertTile>(memory, place.table_at + 16 + tile * 16);
          REQUIRE(got.expert == e);
          REQUIRE(got.count == count);
          for (int64_t r = 0; r < (count + 63) / 64 * 64; ++r) {
            const int64_t entry = r < count ? entries[first + static_cast<size_t>(r)] : 0;
            if (r < count)
              CHECK(at<int32_t>(memory, place.lists_at + (kExperts + 2 + got.start + r) * 4) == entry);
            wrong += unlike(memory, place, {rows, 33, kCols}, tile * 128 + r,
                            r < count ? bytes + entry / kTopK * layout.row_bytes : nullptr, layout,
                            per_slot ? entry % kTopK * kCols : 0);
          }
        }
      }
      CHECK(wrong == 0);
      CHECK(at<int32_t>(memory, place.table_at) == tile);
      CHECK(tile * 128 <= rows);
    }
  }
}

TEST_CASE("fp8_linear: ragged sizes, cut tiles, experts with none, some and many entries") {
  if (std::ranges::none_of(targets(), [](const Target& t) { return t.info.probes.wgmma; })) return;
  for (const Shape& s : {Shape{9, 8, 1024}, Shape{64, 328, 2048}, Shape{200, 329, 1152},
                         Shape{130, 264, 4096}, Shape{700, 2184, 1024}, Shape{2177, 520, 1024}}) {
    check(make_case(s, false, s.rows % 16 == 8));
  }
  for (const Shape& s : {Shape{9, 40, 1024, 4, 32}, Shape{33, 264, 1024, 2, 3}, Shape{150, 328, 1152, 2, 5},
                         Shape{300, 129, 1024, 3, 7}}) {
    check(make_case(s, false, true));
    check(make_case(s, true, false));
  }
}

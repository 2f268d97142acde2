#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>
#include <vector>

#include "cl_kernels/args/fp8_experts_args.h"
#include "cl_kernels/args/fp8_linear_args.h"
#include "host/kernels/activation_layout.h"
#include "host/kernels/fp8_columns.h"
#include "host/kernels/fp8_experts.h"
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

/// The scratch memory behind the first `count` launches.
std::vector<uint8_t> scratch_of(const Target& target, const Case& c, const kernels::Prepared& prepared,
                                size_t count) {
  const kernels::OpContext context = context_of(c, target.info);
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
  for (size_t i = 0; i < count; ++i) {
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

float scale_of(const uint8_t* record, const kernels::ActivationLayout& layout, int64_t block) {
  float scale;
  std::memcpy(&scale, record + layout.scales_offset + block * 4, sizeof scale);
  return scale;
}

/// Elements of a row of packed x that are not those of a record; null: of zeros.
int64_t unlike(const std::vector<uint8_t>& memory, const kernels::Fp8Workspace& place,
               const kernels::Fp8Shape& packed, int64_t packed_row, const uint8_t* record,
               const kernels::ActivationLayout& layout) {
  int64_t wrong = 0;
  const int64_t padded = (packed.m + 127) / 128 * 128;
  for (int64_t col = 0; col < packed.k; ++col) {
    const uint8_t want = record == nullptr ? 0 : record[col];
    wrong += memory[static_cast<size_t>(place.x_at + fp8_activation_offset(packed, packed_row, col))] != want;
    const float scale = record == nullptr ? 0.0f : scale_of(record, layout, col / 128);
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
    const kernels::Prepared prepared = kernels::prepare_linear_fp8_wgmma(context);
    const std::vector<uint8_t> memory = scratch_of(target, c, prepared, prepared.launches.size() - 2);
    const kernels::ActivationLayout layout = kernels::activation_layout(kActivations, 384);
    const kernels::Bytes records = kernels::encode(context.input(0), c.inputs[0]);
    const auto* bytes = reinterpret_cast<const uint8_t*>(records.data());
    int64_t wrong = 0;
    for (int64_t row = 0; row < 128; ++row)
      wrong += unlike(memory, kernels::fp8_workspace(context), {67, 137, 384}, row,
                      row < 67 ? bytes + row * layout.row_bytes : nullptr, layout);
    CHECK(wrong == 0);
    for (int64_t i = 0; i < TILE_COUNTERS; ++i) CHECK(at<uint32_t>(memory, 4 * i) == 0);
  }
}

TEST_CASE("fp8_columns: x's records become columns") {
  constexpr int64_t kCols = 384;
  for (const int64_t tokens : {2, 5}) {
    const Case c = make_case({tokens, 201, kCols}, false, false);
    for (const Target& target : targets()) {
      CAPTURE(target.name);
      const kernels::OpContext context = context_of(c, target.info);
      const kernels::Fp8ColumnsWorkspace place = kernels::fp8_columns_workspace(context);
      const std::vector<uint8_t> memory =
          scratch_of(target, c, kernels::prepare_linear_fp8_columns(context), 1);
      const kernels::ActivationLayout layout = kernels::activation_layout(kActivations, kCols);
      const kernels::Bytes records = kernels::encode(context.input(0), c.inputs[0]);
      int64_t wrong = 0;
      for (int64_t token = 0; token < tokens; ++token) {
        const auto* record = reinterpret_cast<const uint8_t*>(records.data()) + token * layout.row_bytes;
        for (int64_t col = 0; col < kCols; ++col) {
          const int64_t offset = place.x_at + kernels::fp8_columns_x_offset(tokens, token, col);
          wrong += memory[static_cast<size_t>(offset)] != record[col];
          wrong += at<float>(memory, place.x_scales_at + (col / 128 * tokens + token) * 4) !=
                   scale_of(record, layout, col / 128);
        }
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("fp8_experts: entries are gathered for their experts, tile by tile") {
  constexpr int64_t kTokens = 211, kTopK = 2, kExperts = 5, kCols = 256;
  for (const bool per_slot : {false, true}) {
    Case c = make_case({kTokens, 33, kCols, kTopK, kExperts}, per_slot, false);
    for (int64_t t = 0; t < 150; ++t) c.inputs[1].at(t, 0) = 3;  // more than a tile
    c.inputs[1].at(7, 1) = kExperts;                             // outside
    c.inputs[1].at(9, 1) = -1;
    for (const Target& target : targets()) {
      CAPTURE(target.name);
      const kernels::OpContext context = context_of(c, target.info);
      const kernels::Fp8ExpertsWorkspace place = kernels::fp8_experts_workspace(context);
      const kernels::Prepared prepared = kernels::prepare_expert_linear_fp8_wgmma(context);
      const std::vector<uint8_t> memory = scratch_of(target, c, prepared, prepared.launches.size() - 1);
      const int64_t x_cols = per_slot ? kCols * kTopK : kCols;
      const kernels::ActivationLayout layout = kernels::activation_layout(kActivations, x_cols);
      const kernels::Bytes records = kernels::encode(context.input(0), c.inputs[0]);
      const auto* bytes = reinterpret_cast<const uint8_t*>(records.data());
      const auto table = at<ExpertTiles>(memory, place.tiles_at);
      std::set<int64_t> seen;  // entries
      int64_t packed = 0;
      int64_t wrong = 0;
      for (int64_t t = 0; t < table.tiles; ++t) {
        const auto tile = at<ExpertTile>(memory, place.tiles_at + 16 + t * 16);
        const int64_t rows = (tile.count + 7) / 8 * 8;
        REQUIRE(tile.count > 0);
        REQUIRE(tile.count <= EXPERT_TILE_ENTRIES);
        REQUIRE(tile.first == packed);
        for (int64_t e = 0; e < rows / 8; ++e)
          CHECK(at<int32_t>(memory, place.eights_at + (packed / 8 + e) * 4) == t);
        packed += rows;
        for (int64_t r = 0; r < rows; ++r) {
          const int64_t entry =
              r < tile.count ? at<int32_t>(memory, place.lists_at + (kExperts + 2 + tile.start + r) * 4) : -1;
          if (entry >= 0) {
            REQUIRE(entry < kTokens * kTopK);
            CHECK(c.inputs[1].at(entry / kTopK, entry % kTopK) == static_cast<double>(tile.expert));
            CHECK(seen.insert(entry).second);
          }
          const uint8_t* record = entry < 0 ? nullptr : bytes + entry / kTopK * layout.row_bytes;
          const int64_t first = per_slot && entry >= 0 ? entry % kTopK * kCols : 0;
          for (int64_t col = 0; col < kCols; ++col) {
            const int64_t offset =
                place.x_at + tile.first * kCols + kernels::fp8_expert_x_offset(rows, r, col);
            wrong += memory[static_cast<size_t>(offset)] != (record == nullptr ? 0 : record[first + col]);
          }
          for (int64_t block = 0; block < kCols / 128; ++block) {
            const int64_t offset = place.scales_at + (tile.first * (kCols / 128) + block * rows + r) * 4;
            wrong += at<float>(memory, offset) !=
                     (record == nullptr ? 0.0f : scale_of(record, layout, first / 128 + block));
          }
        }
      }
      CHECK(wrong == 0);
      CHECK(std::ssize(seen) == kTokens * kTopK - 2);
      CHECK(table.eights * 8 == packed);
      CHECK(table.eights <= kernels::fp8_expert_eights(kTokens * kTopK, kExperts));
      CHECK(table.tiles == kExperts + 1);
    }
  }
}

TEST_CASE("fp8_experts: packing gives every element a place, as wgmma's words and its swizzle want it") {
  constexpr int64_t kRows = 24, kCols = 256;
  std::set<int64_t> places;
  for (int64_t row = 0; row < kRows; ++row)
    for (int64_t col = 0; col < kCols; ++col) places.insert(kernels::fp8_expert_x_offset(kRows, row, col));
  CHECK(std::ssize(places) == kRows * kCols);
  CHECK(*places.begin() == 0);
  CHECK(*places.rbegin() == kRows * kCols - 1);
  // A thread holds the 16 columns from 16 lane on of a row of W. As wgmma's operands its word w of step s,
  // with columns 4 lane + 16 w .. + 3 of B's 32 (PTX ISA, m64nNk32), is word 2 s + w of these.
  for (int64_t row = 0; row < kRows; ++row) {
    for (int64_t lane = 0; lane < 4; ++lane) {
      for (int64_t word = 0; word < 4; ++word) {
        const int64_t plain = (kRows + row) * 64 + word / 2 * 32 + word % 2 * 16 + lane * 4;
        CHECK(kernels::fp8_expert_x_offset(kRows, row, 64 + lane * 16 + word * 4) ==
              (plain ^ (plain >> 3 & 0x30)));
      }
    }
  }
}

TEST_CASE("linear/fp8_columns: a token's bits do not depend on the other tokens") {
  const Case together = make_case({8, 201, 4096}, false, true);
  for (const Target& target : targets()) {
    if (!kernels::supports_linear_fp8_columns(context_of(together, target.info)).ok) continue;
    const auto all = run(together, target, "linear/fp8_columns").outputs[0];
    for (const int64_t tokens : {1, 3, 5}) {
      Case fewer = make_case({tokens, 201, 4096}, false, true);
      fewer.inputs = together.inputs;
      fewer.inputs[0] = graph::Array(tokens, 4096);
      std::copy_n(together.inputs[0].row(0), tokens * 4096, fewer.inputs[0].row(0));
      const auto some = run(fewer, target, "linear/fp8_columns").outputs[0];
      CHECK_MESSAGE(std::equal(some.begin(), some.end(), all.begin()),
                    target.name << ", " << tokens << " of 8");
    }
  }
}

TEST_CASE("fp8_linear: ragged sizes, cut tiles, experts with none, some and many entries") {
  if (std::ranges::none_of(targets(), [](const Target& t) { return t.info.probes.wgmma; })) return;
  for (const Shape& s : {Shape{9, 8, 1024}, Shape{64, 328, 2048}, Shape{200, 329, 1152},
                         Shape{130, 264, 4096}, Shape{700, 2184, 1024}, Shape{2177, 520, 1024}}) {
    check(make_case(s, false, s.rows % 16 == 8));
  }
  for (const Shape& s :
       {Shape{9, 40, 1024, 4, 32}, Shape{33, 264, 1024, 2, 3}, Shape{150, 328, 1152, 2, 5},
        Shape{300, 129, 1024, 3, 7}, Shape{1100, 264, 1024, 1, 9}, Shape{620, 200, 1280, 2, 3}}) {
    check(make_case(s, false, true));
    check(make_case(s, true, false));
  }
}

TEST_CASE("fp8_columns: shares within a tile, of one and of several, ragged rows, experts") {
  if (std::ranges::none_of(targets(), [](const Target& t) { return t.info.probes.wgmma; })) return;
  for (const int64_t tokens : {1, 3, 8}) {
    for (const Shape& s : {Shape{tokens, 8, 1024}, Shape{tokens, 201, 1152}, Shape{tokens, 1096, 1664}})
      check(make_case(s, false, s.rows % 16 == 8));
  }
  for (const int64_t rows : {5201, 17000, 33000})
    check(make_case({1 + rows / 9000, rows, 1152}, false, true));
  for (const Shape& s : {Shape{1, 40, 1024, 4, 6}, Shape{3, 201, 2176, 2, 3}, Shape{8, 2184, 1024, 3, 3}}) {
    check(make_case(s, false, true));
    check(make_case(s, true, false));
  }
}

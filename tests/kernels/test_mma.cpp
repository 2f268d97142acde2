#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "host/kernels/attention_decode_mma.h"
#include "host/kernels/attention_latent_mma.h"
#include "host/kernels/attention_wgmma.h"
#include "host/kernels/mma_rows.h"
#include "host/kernels/tuning.h"
#include "tests/kernels/attention_case.h"
#include "tests/kernels/check.h"
#include "tests/kernels/linear_case.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

/// Formats of linear/mma_rows, and the columns that a stage of theirs has. Rows of several chunks are those
/// of 4-bit formats.
const std::map<std::string, int64_t> kStageCols = {
    {"fp8_e4m3_128x128", 64}, {"mxint8", 64}, {"q8_0", 128}, {"mxfp4", 128}, {"q4_0", 128}};

/// Whether a target runs these variants; the others' cases are other tests'.
bool has_tensor_cores() {
  return std::ranges::any_of(targets(), [](const Target& target) { return target.info.probes.wgmma; });
}

Case mma_case(const std::string& format, LinearShape shape, bool bias) {
  return linear_case(format, "", shape, bias,
                     static_cast<uint64_t>(shape.tokens * 13 + shape.rows * 7 + shape.cols));
}

}  // namespace

TEST_CASE("mma_rows: slices cover the columns, and registers hold them") {
  for (const auto& [format, stage_cols] : kStageCols) {
    for (int64_t cols = 256; cols <= 20480; cols += 256) {
      const kernels::MmaRowsPlan plan = kernels::mma_rows_plan(format, cols);
      CAPTURE(format);
      CAPTURE(cols);
      CHECK(plan.stage_cols == stage_cols);
      CHECK(plan.slice_stages * plan.stage_cols <= 256);
      const int64_t of_chunk = 16 * plan.slice_stages * plan.stage_cols;
      CHECK(plan.chunks * of_chunk >= cols);
      CHECK((plan.chunks - 1) * of_chunk < cols);  // none without work
    }
  }
}

TEST_CASE("linear/mma_rows: ragged rows, slices without columns, columns in several chunks, special values") {
  if (!has_tensor_cores()) return;
  for (const auto& [format, stage_cols] : kStageCols) {
    check(mma_case(format, {1, 7, std::max<int64_t>(stage_cols, 128)}, false));
    check(mma_case(format, {4, 33, 1536}, true));
    check(mma_case(format, {1, 8500, 1024}, false));  // several tiles of a group
    check(mma_case(format, {8, 50, 4608}, true));
    check(mma_case(format, {2, 2200, 4608}, false));
    Case c = mma_case(format, {3, 20, 512}, false);
    c.inputs[1].at(1, 40) = std::numeric_limits<double>::quiet_NaN();
    for (int64_t col = 0; col < 512; ++col) c.inputs[1].at(2, col) = 0.0;
    for (int64_t col = 0; col < 512; ++col) c.inputs[0].at(1, col) = 0.0;
    for (int64_t col = 0; col < 512; ++col) c.inputs[0].at(2, col) *= 1e-20;
    check(c);
  }
}

TEST_CASE("expert_linear/mma_rows: shared x and a part for each slot, several chunks") {
  if (!has_tensor_cores()) return;
  for (const auto& [format, stage_cols] : kStageCols) {
    for (const bool per_slot : {false, true}) {
      std::mt19937_64 random(per_slot ? 31 : 32);
      const int64_t cols = per_slot ? 512 : 4608;
      graph::Builder builder("experts");
      const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, per_slot ? 2 * cols : cols});
      const auto ids = builder.input("ids", {graph::DType::i32, graph::kTokens, 2});
      const auto w = builder.expert_weight("w", {"w0", "w1", "w2"}, 3, 20, cols);
      Case c;
      c.inputs = {normal(3, per_slot ? 2 * cols : cols, random), integers(3, 2, 0, 2, random),
                  normal(60, cols, random)};
      c.graph = finish(builder, builder.add(graph::ExpertLinear{per_slot}, "y", {x, ids, w}), format);
      c.sizes = {3, 3, 3};
      c.name = format + (per_slot ? " per slot" : "");
      check(c);
    }
  }
}

TEST_CASE("linear/mma_rows: a token's bits do not depend on the other tokens") {
  for (const auto& [format, stage_cols] : kStageCols) {
    for (const int64_t cols : {int64_t{768}, int64_t{5120}, int64_t{9216}}) {
      const Case together = mma_case(format, {8, 37, cols}, true);
      for (const Target& target : targets()) {
        if (!kernels::supports_linear_mma_rows(context_of(together, target.info)).ok) continue;
        const auto all = run(together, target, "linear/mma_rows").outputs[0];
        for (const int64_t tokens : {int64_t{1}, int64_t{3}, int64_t{5}}) {
          Case fewer = mma_case(format, {tokens, 37, cols}, true);
          if (!kernels::supports_linear_mma_rows(context_of(fewer, target.info)).ok) continue;
          fewer.inputs = together.inputs;
          fewer.inputs[0] = graph::Array(tokens, cols);
          std::copy_n(together.inputs[0].row(0), tokens * cols, fewer.inputs[0].row(0));
          const auto some = run(fewer, target, "linear/mma_rows").outputs[0];
          CHECK_MESSAGE(std::equal(some.begin(), some.end(), all.begin()),
                        target.name << ", " << format << ", " << tokens << " tokens of 8");
        }
      }
    }
  }
}

TEST_CASE("attention/mma: heads of every width it takes, blocks of rows, windows, padded columns") {
  if (!has_tensor_cores()) return;
  uint64_t seed = 2000;
  for (const std::string format : {"f16", "f32", "bf16", "fp8_e4m3"}) {
    check(attention_case({70, 300, 8, 2, 128, 128}, AttentionMemory::caches, format, ++seed));
    check(attention_case({33, 129, 9, 3, 64, 64, 0, 50}, AttentionMemory::caches, format, ++seed));
    check(attention_case({17, 97, 4, 2, 96, 96}, AttentionMemory::caches, format, ++seed));
    check(attention_case({20, 60, 3, 3, 128, 128, 64}, AttentionMemory::matrix, format, ++seed));
    check(attention_case({11, 40, 4, 2, 24, 16}, AttentionMemory::caches, format, ++seed));
  }
}

TEST_CASE("attention/decode_mma: a span makes at most 512 chunks, each of whole pieces") {
  for (const int64_t least : kernels::kAttentionMmaChunk.on_others.candidates) {
    for (int64_t span = 1; span < (int64_t{1} << 24); span += span / 3 + 1) {
      const int64_t chunk = kernels::decode_chunk(span, least);
      CAPTURE(span);
      CHECK((span + chunk - 1) / chunk <= 512);
      CHECK(chunk % least == 0);
      CHECK((chunk == least || (span + chunk / 2 - 1) / (chunk / 2) > 512));  // no larger than it must be
    }
  }
}

TEST_CASE("attention/latent_mma: a token's heads and chunks are work for every unit once") {
  CHECK(kernels::latent_chunks(128, 132) == 33);
  CHECK(kernels::latent_chunks(20, 132) == 128);
  CHECK(kernels::latent_chunks(33, 8) == 4);
  CHECK(kernels::latent_chunks(128, 2) == 1);
}

TEST_CASE("attention/latent_mma: heads that fill no block of rows, several tokens, chunks, windows, rings") {
  if (!has_tensor_cores()) return;
  uint64_t seed = 3200;
  for (const std::string format : {"f16", "bf16", "fp8_e4m3", "f32"}) {
    check(attention_case({1, 1, 16, 1, 576, 512}, AttentionMemory::one_cache, format, ++seed));
    check(attention_case({1, 300, 128, 1, 576, 512}, AttentionMemory::one_cache, format, ++seed));
    check(attention_case({1, 1200, 128, 1, 576, 512}, AttentionMemory::one_cache, format, ++seed));
    check(attention_case({5, 139, 20, 1, 576, 512}, AttentionMemory::one_cache, format, ++seed));
    check(in_rings(
        attention_case({3, 400, 7, 1, 576, 512, 0, 150}, AttentionMemory::one_cache, format, ++seed)));
  }
}

TEST_CASE("attention/decode_mma: heads of every width it takes, tiles of rows, chunks, windows, rings") {
  if (!has_tensor_cores()) return;
  uint64_t seed = 3000;
  for (const std::string format : {"f16", "bf16", "fp8_e4m3", "f32"}) {
    check(attention_case({1, 1, 8, 2, 128, 128}, AttentionMemory::caches, format, ++seed));
    check(attention_case({1, 700, 32, 8, 128, 128}, AttentionMemory::caches, format, ++seed));
    check(attention_case({8, 300, 9, 3, 64, 64, 0, 50}, AttentionMemory::caches, format, ++seed));
    check(attention_case({5, 517, 12, 2, 96, 80}, AttentionMemory::caches, format, ++seed));
    check(attention_case({3, 260, 16, 1, 112, 112}, AttentionMemory::caches, format, ++seed));
    check(
        in_rings(attention_case({4, 800, 8, 2, 128, 128, 0, 300}, AttentionMemory::caches, format, ++seed)));
  }
  graph::Attention op;
  op.softcap = 3.0f;
  op.sinks = true;
  op.mask.chunk = 200;
  check(attention_case({6, 450, 8, 2, 128, 128}, AttentionMemory::caches, "f16", ++seed, op));
  check(attention_case({2, 140000, 2, 2, 16, 8}, AttentionMemory::caches, "f16", ++seed));
  // More chunks than groups reside, so that a group goes from head to head.
  check(attention_case({2, 40000, 5, 5, 16, 8, 0, 39000}, AttentionMemory::caches, "f16", ++seed));
}

TEST_CASE("attention/decode_mma: values of very different sizes under one softmax") {
  if (!has_tensor_cores()) return;
  Case c = attention_case({3, 300, 8, 2, 128, 128}, AttentionMemory::caches, "fp8_e4m3", 3100);
  for (int64_t s = 0; s < 300; ++s) {
    for (int64_t col = 0; col < c.inputs[2].cols; ++col)
      c.inputs[2].at(s, col) *= s % 7 == 0 ? 0.0 : std::exp2(static_cast<double>(s % 40 - 20));
  }
  check(c);
}

TEST_CASE("attention/wgmma: packed keys and values have whole tiles") {
  CHECK(kernels::packed_attention_bytes(8, 128, 64, 1) == 2 * 8 * 64 * 128 * 2);
  CHECK(kernels::packed_attention_bytes(8, 128, 65, 2) ==
        2 * kernels::packed_attention_bytes(8, 128, 128, 1));
  CHECK(kernels::packed_attention_bytes(3, 192, 1000, 2) == 3 * 1024 * (192 + 128) * 4);
}

TEST_CASE("attention/wgmma: windows, chunks, rings, soft cap, sinks, formats, several blocks of rows") {
  if (!has_tensor_cores()) return;
  uint64_t seed = 3300;
  for (const std::string format : {"f16", "bf16", "fp8_e4m3", "f32", "int8"}) {
    check(attention_case({150, 300, 8, 2, 128, 128}, AttentionMemory::caches, format, ++seed));
    check(attention_case({30, 500, 6, 3, 128, 128, 0, 90}, AttentionMemory::caches, format, ++seed));
    check(in_rings(attention_case({40, 400, 8, 2, 64, 64, 0, 100}, AttentionMemory::caches, format, ++seed)));
  }
  check(attention_case({140, 140, 3, 3, 128, 128, 64}, AttentionMemory::matrix, "f16", ++seed));
  graph::Attention op;
  op.rounded = true;
  for (const std::string format : {"f16", "bf16", "f32"}) {
    check(attention_case({150, 300, 8, 2, 128, 128, 0, 70}, AttentionMemory::caches, format, ++seed, op));
    check(attention_case({140, 140, 3, 3, 128, 128, 64}, AttentionMemory::matrix, format, ++seed, op));
  }
  op.softcap = 3.0f;
  op.sinks = true;
  op.mask.chunk = 70;
  check(attention_case({100, 230, 8, 2, 128, 128}, AttentionMemory::caches, "f16", ++seed, op));
}

TEST_CASE("attention/wgmma: more blocks of rows than a round has, heads in sections, blocks in pairs") {
  if (!has_tensor_cores()) return;
  check(attention_case({150, 150, 40, 40, 16, 16}, AttentionMemory::caches, "f16", 3390));
  check(attention_case({300, 300, 66, 66, 16, 16}, AttentionMemory::caches, "f16", 3391));
  graph::Attention op;
  op.rounded = true;
  check(attention_case({70, 90, 140, 70, 16, 16}, AttentionMemory::caches, "bf16", 3392, op));
}

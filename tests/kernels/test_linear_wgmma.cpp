#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "host/kernels/linear_wgmma.h"
#include "host/kernels/row_tiles.h"
#include "host/kernels/value_bytes.h"
#include "quant/format.h"
#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

Case wgmma_case(const std::string& format, int64_t tokens, int64_t rows, int64_t cols, bool bias,
                const std::string& activations = "") {
  const auto seed = static_cast<uint64_t>(tokens * 31 + rows * 7 + cols);
  std::mt19937_64 random(seed);
  graph::Builder builder("linear");
  const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, cols, activations});
  std::vector<graph::ValueId> inputs = {x, builder.weight("w", rows, cols)};
  Case result;
  result.inputs = {normal(tokens, cols, random), normal(rows, cols, random)};
  if (bias) {
    inputs.push_back(builder.vector("b", rows));
    result.inputs.push_back(normal(1, rows, random));
  }
  result.graph = finish(builder, builder.add(graph::Linear{}, "y", inputs), format);
  result.sizes = {tokens, tokens, tokens};
  result.name = format + " x " + (activations.empty() ? "f32" : activations) +
                " tokens=" + std::to_string(tokens) + " rows=" + std::to_string(rows) +
                " cols=" + std::to_string(cols);
  result.seed = seed;
  return result;
}

Case in_tiles(Case c) {
  for (graph::Value& value : c.graph.values) {
    auto* weight = std::get_if<graph::Weight>(&value.source);
    if (weight != nullptr && !weight->vector) weight->row_group = kernels::kTileRows;
  }
  return c;
}

float from_bf16(const std::vector<uint8_t>& memory, int64_t at) {
  const auto i = static_cast<size_t>(at);
  return std::bit_cast<float>(uint32_t{memory.at(i)} << 16 | uint32_t{memory.at(i + 1)} << 24);
}

/// The variant's scratch memory after its two packing launches.
std::vector<uint8_t> packed(const Target& target, const Case& c) {
  const kernels::OpContext context = context_of(c, target.info);
  const kernels::Prepared prepared = kernels::prepare_linear_wgmma(context);
  std::vector<cl::Buffer> in;
  for (size_t i = 0; i < 2; ++i) {
    const kernels::Bytes bytes = kernels::encode(context.input(i), c.inputs[i]);
    in.push_back(target.device.allocate(static_cast<int64_t>(bytes.size())));
    target.device.write(in.back(), bytes);
  }
  const cl::Buffer scratch = target.device.allocate(prepared.scratch_bytes);
  target.device.fill(scratch, 0xFF, 0, scratch.bytes());
  for (size_t i = 0; i < 2; ++i) {
    const kernels::Launch& launch = prepared.launches[i];
    cl::Kernel kernel(programs().build(target.device, launch.program), launch.kernel);
    enqueue(target.device, kernel, launch, in, {}, scratch, c.sizes);
  }
  target.device.finish();
  std::vector<uint8_t> memory(static_cast<size_t>(scratch.bytes()));
  target.device.read(scratch, std::as_writable_bytes(std::span(memory)));
  return memory;
}

bool holds(double value, float high, float low) {
  if (std::isnan(value)) return std::isnan(high);
  if (std::isinf(value)) return high == static_cast<float>(value) && low == 0.0f;
  return std::abs(value - high) <= std::abs(value) * 0x1p-8 &&
         std::abs(value - high - low) <= std::abs(value) * 0x1p-17 + 0x1p-133;
}

}  // namespace

TEST_CASE("linear/wgmma: packing gives every element a place of its own") {
  const Case c = wgmma_case("q8_0", 128, 300, 192, false);
  const graph::Weight& weight = *context_of(c, {}).input(1).weight();
  std::set<int64_t> of_x;
  std::set<int64_t> of_weight;
  for (int64_t part = 0; part < 2; ++part) {
    for (int64_t col = 0; col < 192; ++col) {
      for (int64_t row = 0; row < 128; ++row) of_x.insert(kernels::wgmma_x_offset(192, 2, part, row, col));
      for (int64_t row = 0; row < 300; ++row)
        of_weight.insert(kernels::wgmma_weight_offset(weight, part, row, col));
    }
  }
  CHECK(of_x.size() == 128 * 192 * 2);
  CHECK(*of_x.rbegin() == 128 * 192 * 4 - 2);
  CHECK(of_weight.size() == 300 * 192 * 2);
  CHECK(*of_weight.rbegin() == 300 * 192 * 4 - 2);
}

TEST_CASE("linear/wgmma: weights are packed as tiles of rows lie from loading on") {
  Case c = wgmma_case("bf16", 9, 300, 192, false, "bf16");
  const kernels::OpContext context = context_of(c, {});
  graph::Weight weight = *context.input(1).weight();
  weight.row_group = kernels::kTileRows;
  std::vector<uint16_t> elements(300 * 192);
  std::iota(elements.begin(), elements.end(), uint16_t{0});
  std::vector<uint16_t> tiled = elements;
  kernels::group(weight, std::as_writable_bytes(std::span(tiled)));
  int64_t wrong = 0;
  for (int64_t row = 0; row < 300; ++row) {
    for (int64_t col = 0; col < 192; ++col) {
      const auto at = static_cast<size_t>(kernels::wgmma_weight_offset(weight, 0, row, col) / 2);
      wrong += tiled[at] != elements[static_cast<size_t>(row * 192 + col)];
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("linear/wgmma: A's fragments are wgmma's, B's tiles its 64-byte swizzle") {
  // PTX ISA, wgmma m64nNk16, layout of A in registers: thread t holds rows 16 (t / 32) + t % 32 / 4 (+ 8),
  // columns 2 (t % 4), + 1 (+ 8).
  for (int64_t t = 0; t < 128; ++t) {
    for (int64_t word = 0; word < 4; ++word) {
      const int64_t row = t / 32 * 16 + t % 32 / 4 + word % 2 * 8;
      const int64_t col = t % 4 * 2 + word / 2 * 8;
      // Rows 64 up, the second part of the second 64 columns, the fourth step of 16.
      CHECK(kernels::wgmma_x_offset(128, 2, 1, 64 + row, 64 + 48 + col) ==
            (((2 + 1) * 2 + 1) * 4 + 3) * 2048 + t * 16 + word * 4);
    }
  }
  // Swizzle<2, 4, 3> of the byte address: bits 4 and 5 are those xor bits 7 and 8.
  const Case c = wgmma_case("bf16", 9, 128, 128, false);
  const graph::Weight& weight = *context_of(c, {}).input(1).weight();
  for (int64_t row = 0; row < 128; ++row) {
    for (int64_t col = 0; col < 32; ++col) {
      const int64_t plain = row * 64 + col * 2;
      CHECK(kernels::wgmma_weight_offset(weight, 0, row, 32 + col) == 8192 + (plain ^ (plain >> 3 & 0x30)));
    }
  }
}

TEST_CASE("linear/wgmma: operands as the host would pack them") {
  for (const auto& [format, activations] :
       {std::pair{"bf16", ""}, {"q8_0", ""}, {"f32", "int8_g32"}, {"mxint8", "mxint8"}, {"bf16", "bf16"}}) {
    Case c = wgmma_case(format, 67, 137, format == std::string("bf16") ? 331 : 352, false, activations);
    if (*activations == 0) {
      c.inputs[0].at(3, 5) = std::numeric_limits<double>::infinity();
      c.inputs[0].at(4, 7) = std::numeric_limits<double>::quiet_NaN();
      c.inputs[0].at(5, 9) = -static_cast<double>(std::numeric_limits<float>::max());
      c.inputs[0].at(6, 9) = 1e-38;
    }
    for (const Target& target : targets()) {
      CAPTURE(target.name);
      CAPTURE(c.name);
      const kernels::OpContext context = context_of(c, target.info);
      const graph::Weight& weight = *context.input(1).weight();
      const int64_t w_parts = kernels::is_exact_in_bf16(format) ? 1 : 2;
      const int64_t x_parts = kernels::is_exact_in_bf16(activations) ? 1 : 2;
      const kernels::WgmmaWorkspace at = kernels::wgmma_workspace(context);
      const std::vector<uint8_t> memory = packed(target, c);
      const auto decoded = [&](size_t i) {
        return kernels::decode(context.input(i), kernels::encode(context.input(i), c.inputs[i]), c.sizes);
      };
      const graph::Array x = decoded(0);
      const graph::Array w = decoded(1);
      int64_t wrong = 0;
      for (int64_t row = 0; row < weight.rows; ++row) {
        for (int64_t col = 0; col < 384; ++col) {
          const auto x_part = [&](int64_t part) {
            return from_bf16(memory, at.x_at + kernels::wgmma_x_offset(weight.cols, x_parts, part, row, col));
          };
          const auto w_part = [&](int64_t part) {
            return from_bf16(memory, at.weight_at + kernels::wgmma_weight_offset(weight, part, row, col));
          };
          const bool in_cols = col < weight.cols;
          if (row < 128) {
            const double value = row < 67 && in_cols ? x.at(row, col) : 0.0;
            if (!holds(value, x_part(0), x_parts == 2 ? x_part(1) : 0.0f)) ++wrong;
            if (x_parts == 1 && x_part(0) != static_cast<float>(value)) ++wrong;
          }
          const double value = in_cols ? w.at(row, col) : 0.0;
          if (!holds(value, w_part(0), w_parts == 2 ? w_part(1) : 0.0f)) ++wrong;
          if (w_parts == 1 && w_part(0) != static_cast<float>(value)) ++wrong;
        }
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("linear/wgmma: bf16 holds the formats that are said to be exact in it") {
  std::mt19937_64 random(3);
  for (const quant::Format& format : quant::device_formats()) {
    const Case c = wgmma_case(std::string(format.name), 9, 64, 512, false);
    const kernels::OpContext context = context_of(c, {});
    const graph::Array w =
        kernels::decode(context.input(1), kernels::encode(context.input(1), c.inputs[1]), c.sizes);
    const bool exact = std::all_of(w.data.begin(), w.data.end(), [](double v) {
      return (std::bit_cast<uint32_t>(static_cast<float>(v)) & 0xFFFFu) == 0;
    });
    CAPTURE(format.name);
    CHECK(exact >= kernels::is_exact_in_bf16(format.name));
  }
}

TEST_CASE("linear/wgmma: ragged sizes, tiles cut along the columns") {
  for (const Target& target : targets()) {
    if (!target.info.probes.wgmma) continue;
    for (const quant::Format& format : quant::device_formats())
      check(wgmma_case(std::string(format.name), 200, 328, 1280, true));
    for (const std::string format : {"bf16", "q8_0", "f16", "mxint8"}) {
      check(wgmma_case(format, 200, 328, format == "bf16" ? 1153 : 1152, true));
      check(wgmma_case(format, 100, 265, 4096, false));
      check(wgmma_case(format, 300, 2111, 896, true));
      check(wgmma_case(format, 1100, 1160, 384, false));
    }
    return;  // check() goes through all targets
  }
}

TEST_CASE("linear/wgmma: rounded x, weights in tiles") {
  for (const Target& target : targets()) {
    if (!target.info.probes.wgmma) continue;
    for (const auto& [format, activations] : {std::pair{"mxint8", "mxint8"},
                                              {"int8_g32", "int8_g32"},
                                              {"bf16", "bf16"},
                                              {"q8_0", "bf16"},
                                              {"q4_0", "mxint8"}}) {
      check(wgmma_case(format, 300, 1043, 256, true, activations));
      check(wgmma_case(format, 1100, 520, 384, false, activations));
    }
    check(in_tiles(wgmma_case("bf16", 200, 1160, 384, true, "bf16")));
    check(in_tiles(wgmma_case("bf16", 1100, 332, 896, true, "bf16")));
    return;  // check() goes through all targets
  }
}

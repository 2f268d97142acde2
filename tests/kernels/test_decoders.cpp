#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "host/kernels/weight_layout.h"
#include "quant/format.h"
#include "tests/kernels/check.h"

using namespace clinfer;
using namespace clinfer::tests;
using kernels::Bytes;

namespace {

constexpr int64_t kRows = 130;  // more than one row of 128 x 128 scales

/// Any bytes at all: every special code and scale is among them.
Bytes random_bytes(int64_t count, std::mt19937_64& random) {
  Bytes bytes(static_cast<size_t>(count));
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

/// As decode_row gives it, or a denormal where the device has none.
bool same_value(float expected, float actual, bool denormals) {
  if (std::isnan(expected)) return std::isnan(actual);
  if (std::memcmp(&expected, &actual, 4) == 0) return true;
  return !denormals && std::fabs(expected) < 0x1p-110f && std::fabs(actual - expected) < 0x1p-110f;
}

void check_decoder(const quant::Format& format, int64_t cols, const Target& target) {
  graph::Builder builder("decoder");
  const auto ids = builder.input("ids", {graph::DType::i32, graph::kTokens, 1});
  const auto table = builder.weight("table", kRows, cols);
  const auto y = builder.add(graph::Embedding{}, "y", {ids, table});
  Case c;
  c.graph = finish(builder, y, std::string(format.name));
  c.sizes = {kRows, kRows, kRows};

  std::mt19937_64 random(static_cast<uint64_t>(cols));
  const kernels::WeightLayout layout = kernels::layout_of(*c.graph.value(table).weight());
  std::vector<Bytes> inputs = {Bytes(kRows * 4), random_bytes(layout.bytes, random)};
  for (int32_t i = 0; i < kRows; ++i) std::memcpy(inputs[0].data() + 4 * i, &i, 4);
  const auto* packed = reinterpret_cast<const uint8_t*>(inputs[1].data());

  for (const kernels::Variant& variant : kernels::variants_of(graph::Embedding{})) {
    const kernels::OpContext context = context_of(c, target.info);
    if (!variant.supports(context).ok) continue;
    const auto result = run_trial(target.device, programs(), variant, context, inputs, c.sizes);
    CHECK(result.overrun.empty());
    int64_t wrong = 0;
    std::vector<float> expected(static_cast<size_t>(cols));
    for (int64_t row = 0; row < kRows; ++row) {
      format.decode_row(packed, packed + layout.scales_offset, row, cols, expected.data());
      for (int64_t col = 0; col < cols; ++col) {
        float actual = 0;
        std::memcpy(&actual, result.outputs[0].data() + 4 * (row * cols + col), 4);
        if (same_value(expected[static_cast<size_t>(col)], actual, target.info.probes.fp32_denormals))
          continue;
        if (++wrong == 1) {
          FAIL_CHECK(format.name << " on " << target.name << ", row " << row << ", column " << col
                                 << ": expected " << expected[static_cast<size_t>(col)] << ", got "
                                 << actual);
        }
      }
    }
    CHECK_MESSAGE(wrong == 0, format.name << ", " << cols << " columns: " << wrong << " values");
  }
}

}  // namespace

TEST_CASE("decoders: the kernels' values are decode_row's, whatever the bytes") {
  for (const quant::Format& format : quant::device_formats()) {
    for (const int64_t wanted : {int64_t{512}, int64_t{333}}) {
      const int64_t cols = (wanted + format.group_elems - 1) / format.group_elems * format.group_elems;
      for (const Target& target : targets()) check_decoder(format, cols, target);
    }
  }
}

#include "host/kernels/activation_layout.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "quant/bytes.h"
#include "quant/e4m3.h"
#include "quant/e8m0.h"
#include "quant/error.h"
#include "quant/format.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kAlign = 64;

int64_t round_up(int64_t size, int64_t to) {
  return (size + to - 1) / to * to;
}

/// The scale that an int8 or E4M3 code is multiplied with.
float scale_of(const quant::Format& format, const uint8_t* scales, int64_t block) {
  constexpr int kInt8FractionBits = 6;  // an element of MXINT8 counts 64ths
  if (format.scale_type == quant::ScaleType::e8m0)
    return quant::e8m0_to_f32(scales[block], -kInt8FractionBits);
  return quant::load<float>(scales + 4 * block);
}

}  // namespace

ActivationLayout activation_layout(std::string_view format, int64_t cols) {
  const bool e4m3 = format == "fp8_e4m3_1x128";
  const bool bf16 = format == "bf16";
  if (!e4m3 && !bf16 && format != "int8_g32" && format != "mxint8")
    throw Error(Fault::model, "\"" + std::string(format) + "\" is not a format of activations");
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max() / 2;
  if (cols < 0 || cols > kMost)
    throw Error(Fault::model, "a row of " + std::to_string(cols) + " activations does not fit 32 bits");
  ActivationLayout layout;
  if (bf16) {
    layout.bf16 = true;
    layout.scales_offset = layout.row_bytes = 2 * round_up(cols, kAlign);
    return layout;
  }
  layout.integers = !e4m3;
  layout.block = e4m3 ? 128 : 32;
  layout.scales_offset = round_up(cols, kAlign);
  layout.blocks = (layout.scales_offset + layout.block - 1) / layout.block;
  const int64_t scales_end = layout.scales_offset + 4 * layout.blocks;
  if (layout.integers) layout.sums_offset = scales_end;
  layout.row_bytes = round_up(layout.integers ? scales_end + 4 * layout.blocks : scales_end, kAlign);
  return layout;
}

void encode_activations(std::string_view name, int64_t cols, const float* values, uint8_t* record) {
  const quant::Format& format = *quant::find_format(name);
  const ActivationLayout layout = activation_layout(name, cols);
  std::fill(record, record + layout.row_bytes, uint8_t{0});
  std::vector<uint8_t> scales(static_cast<size_t>(quant::scale_bytes(format, 1, cols)));
  format.encode(values, 1, cols, record, scales.data());
  for (int64_t block = 0; block < layout.blocks && block * layout.block < cols; ++block) {
    quant::store(record + layout.scales_offset + 4 * block, scale_of(format, scales.data(), block));
    if (!layout.integers) continue;
    const uint8_t* codes = record + block * layout.block;
    const int32_t sum = std::accumulate(codes, codes + layout.block, 0, [](int32_t total, uint8_t code) {
      return total + static_cast<int8_t>(code);
    });
    quant::store(record + layout.sums_offset + 4 * block, sum);
  }
}

void decode_activations(std::string_view name, int64_t cols, const uint8_t* record, float* values) {
  const ActivationLayout layout = activation_layout(name, cols);
  if (layout.bf16) return quant::find_format(name)->decode_row(record, nullptr, 0, cols, values);
  for (int64_t col = 0; col < cols; ++col) {
    const float code = layout.integers ? static_cast<float>(static_cast<int8_t>(record[col]))
                                       : quant::E4m3::kValues[record[col]];
    values[col] = code * quant::load<float>(record + layout.scales_offset + 4 * (col / layout.block));
  }
}

}  // namespace clinfer::kernels

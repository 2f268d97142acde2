#include "host/stored/scale_faults.h"

#include <array>
#include <cmath>
#include <vector>

#include "quant/bytes.h"
#include "quant/e4m3.h"
#include "quant/half.h"
#include "quant/scale_layout.h"

namespace clinfer::stored {
namespace {

void count(float scale, ScaleFaults& faults) {
  ++faults.scales;
  faults.zero += scale == 0.0f;
  faults.infinite += std::isinf(scale);
  faults.nan += std::isnan(scale);
}

void count_byte(uint8_t byte, quant::ScaleType type, ScaleFaults& faults) {
  if (type == quant::ScaleType::e4m3) return count(quant::kE4m3Values[byte], faults);
  ++faults.scales;
  faults.zero += byte == 0;
  faults.nan += byte == 0xFF;
}

void count_apart(const quant::Format& format, const uint8_t* row, int64_t cols, ScaleFaults& faults) {
  const quant::ScaleRow layout = quant::scale_row(format, cols);
  for (int64_t i = 0; i < layout.blocks; ++i) {
    if (format.scale_type == quant::ScaleType::f32) {
      count(quant::load<float>(row + layout.scales + 4 * i), faults);
    } else {
      count_byte(row[layout.scales + i], format.scale_type, faults);
    }
  }
}

/// Where a block of GGUF's has f16 scales (-1: none there), by the format's name.
struct InlineScales {
  std::string_view format;
  std::array<int64_t, 2> at;
};
constexpr InlineScales kInline[] = {
    {"q8_0", {0, -1}}, {"q4_0", {0, -1}}, {"q4_1", {0, 2}},    {"q5_0", {0, -1}},   {"q5_1", {0, 2}},
    {"q4_k", {0, 2}},  {"q5_k", {0, 2}},  {"q6_k", {208, -1}}, {"iq4_nl", {0, -1}},
};

void count_inline(const StoredMatrix& m, ScaleFaults& faults) {
  const int64_t bytes = m.format->group_bytes;
  const int64_t blocks = m.rows * quant::row_bytes(*m.format, m.cols) / bytes;
  for (const InlineScales& entry : kInline) {
    if (entry.format != m.format->name) continue;
    for (int64_t block = 0; block < blocks; ++block) {
      for (const int64_t at : entry.at) {
        if (at >= 0) count(quant::f16_to_f32(quant::load<uint16_t>(m.codes + block * bytes + at)), faults);
      }
    }
  }
  if (m.format->name != "gguf_mxfp4") return;
  for (int64_t block = 0; block < blocks; ++block)
    count_byte(m.codes[block * bytes], quant::ScaleType::e8m0, faults);
}

}  // namespace

ScaleFaults scale_faults(const StoredMatrix& m) {
  ScaleFaults faults;
  if (m.format->scale_type == quant::ScaleType::none) {
    count_inline(m, faults);
    return faults;
  }
  const int64_t rows = m.rows / m.matrices;
  const quant::ScaleRow layout = quant::scale_row(*m.format, m.cols);
  const int64_t scale_rows = quant::ceil_div(rows, m.format->block_rows);
  for (int64_t matrix = 0; matrix < m.matrices; ++matrix) {
    const uint8_t* blob = m.scales + matrix * scale_rows * layout.bytes;
    if (m.format->tensor_scale && scale_rows > 0) count(quant::load<float>(blob), faults);
    for (int64_t row = 0; row < scale_rows; ++row)
      count_apart(*m.format, blob + row * layout.bytes, m.cols, faults);
  }
  return faults;
}

}  // namespace clinfer::stored

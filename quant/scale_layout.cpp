#include "quant/scale_layout.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "quant/bytes.h"

namespace clinfer::quant {
namespace {

void require_size(const Format& format, const char* what, size_t got, int64_t want) {
  if (static_cast<int64_t>(got) == want) return;
  throw std::invalid_argument(std::string(format.name) + ": bytes of " + what + " should be " +
                              std::to_string(want) + ", not " + std::to_string(got));
}

}  // namespace

SplitScales split_scales(const Format& format, int64_t rows, int64_t cols, std::span<const uint8_t> blob) {
  require_size(format, "scales", blob.size(), scale_bytes(format, rows, cols));
  SplitScales split;
  if (format.scale_type == ScaleType::none) return split;
  const ScaleRow row = scale_row(format, cols);
  split.rows = ceil_div(rows, format.block_rows);
  split.blocks = row.blocks;
  for (int64_t r = 0; r < split.rows; ++r) {
    const uint8_t* from = blob.data() + r * row.bytes;
    split.scales.insert(split.scales.end(), from + row.scales, from + row.zeros);
    if (format.zeros) split.zeros.insert(split.zeros.end(), from + row.zeros, from + row.zeros + row.blocks);
  }
  if (format.tensor_scale && rows > 0) split.tensor_scale = load<float>(blob.data());
  return split;
}

std::vector<uint8_t> unpack_codes(const Format& format, int64_t rows, int64_t cols,
                                  std::span<const uint8_t> codes) {
  require_size(format, "codes", codes.size(), code_bytes(format, rows, cols));
  if (format.unpack_row == nullptr) return {codes.begin(), codes.end()};
  std::vector<uint8_t> unpacked(static_cast<size_t>(rows * cols));
  const int64_t bytes = row_bytes(format, cols);
  for (int64_t r = 0; r < rows; ++r)
    format.unpack_row(codes.data() + r * bytes, cols, unpacked.data() + r * cols);
  return unpacked;
}

std::vector<uint8_t> join_scales(const Format& format, int64_t rows, int64_t cols, const SplitScales& parts) {
  std::vector<uint8_t> blob(static_cast<size_t>(scale_bytes(format, rows, cols)));
  const ScaleRow row = scale_row(format, cols);
  const int64_t scale_rows = ceil_div(rows, format.block_rows);
  const int64_t bytes = row.blocks * scale_element_bytes(format.scale_type);
  require_size(format, "scales", parts.scales.size(), scale_rows * bytes);
  require_size(format, "zeros", parts.zeros.size(), format.zeros ? scale_rows * row.blocks : 0);
  require_size(format, "the tensor scale", parts.tensor_scale ? 4 : 0,
               format.tensor_scale && rows > 0 ? 4 : 0);
  if (format.scale_type == ScaleType::none) return blob;
  for (int64_t r = 0; r < scale_rows; ++r) {
    uint8_t* to = blob.data() + r * row.bytes;
    if (format.tensor_scale) store(to, *parts.tensor_scale);
    std::copy_n(parts.scales.begin() + r * bytes, bytes, to + row.scales);
    if (format.zeros) std::copy_n(parts.zeros.begin() + r * row.blocks, row.blocks, to + row.zeros);
  }
  return blob;
}

std::vector<uint8_t> pack_codes(const Format& format, int64_t rows, int64_t cols,
                                std::span<const uint8_t> codes) {
  const bool blocks = format.pack_row == nullptr;
  require_size(format, "codes", codes.size(), blocks ? code_bytes(format, rows, cols) : rows * cols);
  if (blocks) return {codes.begin(), codes.end()};
  std::vector<uint8_t> packed(static_cast<size_t>(code_bytes(format, rows, cols)));
  const int64_t bytes = row_bytes(format, cols);
  for (int64_t r = 0; r < rows; ++r)
    format.pack_row(codes.data() + r * cols, cols, packed.data() + r * bytes);
  return packed;
}

}  // namespace clinfer::quant

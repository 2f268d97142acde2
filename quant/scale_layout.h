#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "quant/format.h"

namespace clinfer::quant {

/// value / by, rounded up; value >= 0, by > 0.
constexpr int64_t ceil_div(int64_t value, int64_t by) {
  return value / by + (value % by != 0);
}

/// Bytes of one scale.
constexpr int64_t scale_element_bytes(ScaleType type) {
  return type == ScaleType::f32 ? 4 : type == ScaleType::none ? 0 : 1;
}

/// Where things lie in one scale row of a matrix with `cols` columns (see Format), in bytes.
struct ScaleRow {
  int64_t blocks;  ///< scales in the row
  int64_t scales;  ///< offset of the first; the tensor scale, where there is one, is at 0
  int64_t zeros;   ///< offset of the first zero point; one past the scales where there are none
  int64_t bytes;   ///< of the row
};

constexpr ScaleRow scale_row(const Format& format, int64_t cols) {
  ScaleRow row{};
  row.blocks = ceil_div(cols, format.block_cols);
  row.scales = format.tensor_scale ? 4 : 0;
  row.zeros = row.scales + row.blocks * scale_element_bytes(format.scale_type);
  row.bytes = row.zeros + (format.zeros ? row.blocks : 0);
  if (format.tensor_scale || format.zeros) row.bytes = ceil_div(row.bytes, 4) * 4;
  return row;
}

/// The scale blob of a matrix taken apart, as files keep it.
struct SplitScales {
  int64_t rows = 0, blocks = 0;       ///< of scales and zeros
  std::vector<uint8_t> scales;        ///< [rows, blocks] of the format's scale_type
  std::vector<uint8_t> zeros;         ///< [rows, blocks], where the format has zero points
  std::optional<float> tensor_scale;  ///< where the format has one and the matrix has a row
};

/// Throws std::invalid_argument when the blob does not have the size of the shape.
SplitScales split_scales(const Format& format, int64_t rows, int64_t cols, std::span<const uint8_t> blob);

/// The codes one to a byte, [rows, cols]; for formats of inline blocks (GGUF) the blocks as they are, [rows,
/// row_bytes]. Throws std::invalid_argument when `codes` does not have the size of the shape.
std::vector<uint8_t> unpack_codes(const Format& format, int64_t rows, int64_t cols,
                                  std::span<const uint8_t> codes);

/// The reverse of split_scales and unpack_codes: what a file keeps apart, as the format stores it. Throw
/// std::invalid_argument when a part does not have the size of the shape, or the tensor scale is missing.
std::vector<uint8_t> join_scales(const Format& format, int64_t rows, int64_t cols, const SplitScales& parts);
std::vector<uint8_t> pack_codes(const Format& format, int64_t rows, int64_t cols,
                                std::span<const uint8_t> codes);

}  // namespace clinfer::quant

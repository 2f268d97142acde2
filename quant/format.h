#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace clinfer::quant {

/// How the scales that stand beside the codes are stored. Formats that carry scales inside their blocks
/// (the GGUF ones) and plain types have `none`.
enum class ScaleType { none, f32, e8m0 };

/// A weight format: how a row-major matrix [rows, cols] is stored as `codes`, and `scales` where the format
/// keeps them apart. A value; the list of all formats is formats().
///
/// codes:  each row is ceil(cols / group_elems) groups of group_bytes bytes; rows are contiguous.
/// scales: [ceil(rows / block_rows), ceil(cols / block_cols)] row-major, of scale_type.
struct Format {
  std::string_view name;  ///< as users type it: "fp8_e4m3_128x128", "q4_0", "mxint8", "bf16"
  int64_t group_elems;    ///< elements of a row in one addressable group of codes (1, or the GGUF block)
  int64_t group_bytes;    ///< bytes of such a group
  int64_t block_rows;     ///< rows that share one scale
  int64_t block_cols;     ///< columns that share one scale
  ScaleType scale_type;
  std::string_view source;  ///< paper, spec or code that defines it

  /// Decodes row `row` of the matrix to out[0, cols).
  void (*decode_row)(const uint8_t* codes, const uint8_t* scales, int64_t row, int64_t cols, float* out);
  /// Encodes the whole matrix by the format's default rule. Throws std::invalid_argument when cols is not a
  /// multiple of group_elems.
  void (*encode)(const float* values, int64_t rows, int64_t cols, uint8_t* codes, uint8_t* scales);
};

/// THE list of formats, in the order they are printed.
std::span<const Format> formats();

/// The format of that name, or nullptr.
const Format* find_format(std::string_view name);

/// Bytes of the codes of one row / of the whole matrix, and bytes of the scales. cols need not be a multiple
/// of block_cols (ragged blocks count whole), but must be one of group_elems. Throw std::invalid_argument
/// when it is not, when a size is negative, and when the result does not fit.
int64_t row_bytes(const Format& format, int64_t cols);
int64_t code_bytes(const Format& format, int64_t rows, int64_t cols);
int64_t scale_bytes(const Format& format, int64_t rows, int64_t cols);

/// Stored bits per weight, scales included, for a matrix large enough that edges do not count.
double bits_per_weight(const Format& format);

}  // namespace clinfer::quant

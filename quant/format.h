#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "quant/encode_options.h"

namespace clinfer::quant {

/// How the scales that stand beside the codes are stored. Formats that carry scales inside their blocks
/// (the GGUF ones) and plain types have `none`.
enum class ScaleType { none, f32, e8m0, e4m3 };

/// block_rows or block_cols of a scale that covers all rows or columns, however many.
inline constexpr int64_t kWhole = int64_t{1} << 62;

/// A weight format: how a row-major matrix [rows, cols] is stored as `codes`, and `scales` where the format
/// keeps them apart. A value; the list of all formats is formats().
///
/// codes:  each row is ceil(cols / group_elems) groups of group_bytes bytes; rows are contiguous. What a
/// last,
///         partial group holds beyond cols is zero.
/// scales: ceil(rows / block_rows) scale rows, each with, in this order:
///           tensor scale: f32, when tensor_scale is set (the same in every row, so that bands of rows and
///                         stacked matrices need nothing from elsewhere);
///           scales:       ceil(cols / block_cols) of scale_type;
///           zeros:        as many bytes, when zeros is set;
///         and, when one of those two is set, zero bytes up to a multiple of 4. scale_layout.h has the
///         offsets.
/// So rows [r, r + n) of a matrix, r a multiple of block_rows, are stored apart from the others: encoding
/// them alone gives the same bytes, unless whole_matrix is set and EncodeOptions::matrix_amax is not given.
struct Format {
  std::string_view name;  ///< as users type it: "fp8_e4m3_128x128", "q4_0", "mxint8", "bf16"
  int64_t group_elems;    ///< elements of a row in one addressable group of codes (1, or the GGUF block)
  int64_t group_bytes;    ///< bytes of such a group
  int64_t block_rows;     ///< rows that share one scale, or kWhole
  int64_t block_cols;     ///< columns that share one scale, or kWhole
  ScaleType scale_type;
  std::string_view source;  ///< paper, spec or code that defines it

  /// Decodes row `row` of the matrix to out[0, cols).
  void (*decode_row)(const uint8_t* codes, const uint8_t* scales, int64_t row, int64_t cols, float* out);
  /// Encodes the whole matrix by the format's default rule. Throws std::invalid_argument when cols is not a
  /// multiple of group_elems and the format has no scales of its own (the GGUF blocks).
  void (*encode)(const float* values, int64_t rows, int64_t cols, uint8_t* codes, uint8_t* scales);

  std::string_view range;              ///< of the values of its codes at scale 1: "+-448", "-8..7"
  std::string_view inline_scale = {};  ///< what the scales inside a block are: "f16 d, m"; "" for none
  bool tensor_scale = false;
  bool zeros = false;
  /// The scales depend on the largest magnitude of the whole matrix (fp8_*_tensor, nvfp4).
  bool whole_matrix = false;
  /// The kernels have a decoder of it (cl_kernels/include/format_<name>.clh).
  bool on_device = false;

  /// Writes the codes of one row one to a byte: floats as they are, integers as int8. nullptr where codes are
  /// bytes already or are left as blocks (GGUF).
  void (*unpack_row)(const uint8_t* row_codes, int64_t cols, uint8_t* out) = nullptr;
  /// The reverse; bits that a code does not have are ignored. nullptr together with unpack_row.
  void (*pack_row)(const uint8_t* codes, int64_t cols, uint8_t* row_codes) = nullptr;
  /// As encode, with choices; call it through encode_with(), which checks them. nullptr: there are none.
  void (*encode_chosen)(const EncodeOptions& options, const float* values, int64_t rows, int64_t cols,
                        uint8_t* codes, uint8_t* scales) = nullptr;
  unsigned options = 0;                   ///< OptionKind bits that encode_chosen knows
  std::string_view default_options = {};  ///< the words that name the default rule: "rceil"
};

/// THE list of formats, in the order they are printed.
std::span<const Format> formats();

/// Those that kernels can decode, in the same order.
std::vector<std::reference_wrapper<const Format>> device_formats();

/// The format of that name, or nullptr.
const Format* find_format(std::string_view name);

/// Encodes by the chosen rule. Throws std::invalid_argument that names the format and the option when the
/// format does not know the option, and when options.importance does not fit the columns.
void encode_with(const Format& format, const EncodeOptions& options, const float* values, int64_t rows,
                 int64_t cols, uint8_t* codes, uint8_t* scales);

/// Bytes of the codes of one row / of the whole matrix, and bytes of the scales. cols need not be a multiple
/// of block_cols (ragged blocks count whole); for GGUF blocks it must be one of group_elems. Throw
/// std::invalid_argument when it is not, when a size is negative, and when the result does not fit.
int64_t row_bytes(const Format& format, int64_t cols);
int64_t code_bytes(const Format& format, int64_t rows, int64_t cols);
int64_t scale_bytes(const Format& format, int64_t rows, int64_t cols);

/// Stored bits per weight, scales included, for a matrix large enough that edges do not count.
double bits_per_weight(const Format& format);

}  // namespace clinfer::quant

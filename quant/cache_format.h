#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace clinfer::quant {

/// A format of KV caches: how the row of one token is stored. Plain types hold every column; the others code
/// groups of columns by the rule of a weight format, so that the bits are those of its codec.
struct CacheFormat {
  std::string_view name;   ///< as users type it: "fp8_e4m3"
  std::string_view codec;  ///< the Format of plain types; else the one that codes a group as a row of its own
  int64_t group;           ///< columns that share a scale at most; 0: a plain type; see cache_row()
  std::string_view source;
};

/// THE list, in the order they are printed.
std::span<const CacheFormat> cache_formats();
const CacheFormat* find_cache_format(std::string_view name);  ///< nullptr when there is none
std::string cache_format_names();                             ///< "f32, f16, ..."

/// What a row holds: heads of `head` columns each, then `tail` columns that formats with scales keep as f16
/// (the rotary part of a latent cache). 0 < head divides width - tail.
struct CacheShape {
  int64_t width = 1;
  int64_t head = 1;
  int64_t tail = 0;
  bool operator==(const CacheShape&) const = default;
};

/// Where things lie in a row, in bytes from its start: codes of `cols` columns | scales | zero points | tail.
/// 4-bit codes lie two to a byte, the even column low.
struct CacheRow {
  int64_t cols = 0;       ///< coded columns: all of a plain type
  int64_t tail_cols = 0;  ///< f16 columns behind them
  int64_t group = 0;      ///< columns of a scale; divides a head; 0: a plain type
  int64_t scales = 0;     ///< one of 4 bytes (f32) or 1 (E8M0) for each group
  int64_t zeros = 0;      ///< a byte for each group, where the format has zero points
  int64_t tail = 0;       ///< a multiple of 4
  int64_t bytes = 0;      ///< of a row, a multiple of 4 unless the type is plain
};

/// Heads of formats with scales have a multiple of so many columns, and so have their groups.
inline constexpr int64_t kCacheHeadStep = 8;

/// The group is a whole head where the format's `group` is kCacheHead and the row has no tail (one scale per
/// token and head), else the largest power of two that divides a head and is at most the format's group (128
/// for kCacheHead). Throws std::invalid_argument when the shape is not as CacheShape says, or a head is no
/// multiple of kCacheHeadStep and the format has scales.
CacheRow cache_row(const CacheFormat& format, const CacheShape& shape);
inline constexpr int64_t kCacheHead = int64_t{1} << 62;

/// Writes columns [first, first + count) of a row: whole groups, or columns of the tail.
void encode_cache_columns(const CacheFormat& format, const CacheRow& row, const float* values, int64_t first,
                          int64_t count, uint8_t* out);
/// Decodes a row to out[0, cols + tail_cols).
void decode_cache_row(const CacheFormat& format, const CacheRow& row, const uint8_t* bytes, float* out);

}  // namespace clinfer::quant

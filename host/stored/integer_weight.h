#pragma once

#include <cstdint>
#include <vector>

#include "host/stored/stored_matrix.h"

namespace clinfer::stored {

/// Integer codes in groups along the row, taken out of whatever words a file packs them in:
/// value = (code - zero) * scale.
struct IntegerWeight {
  std::vector<int8_t> codes;      ///< [rows, cols]
  std::vector<float> scales;      ///< [rows, groups]
  std::vector<uint8_t> zeros;     ///< [rows, groups]; empty: 0
  std::vector<int32_t> group_of;  ///< of each column, where they do not follow one another; else empty
};

/// How a file groups them.
struct Grouping {
  int bits;        ///< 4 or 8
  int64_t group;   ///< columns
  bool zeros;      ///< it has zero points
  bool reordered;  ///< columns of a group lie apart
};

/// The format that holds such groups with the same values: 4-bit groups of a multiple of 128 and 8-bit ones
/// of 32 as they are, other multiples of 32 as int8_g32, the rest as f32.
const quant::Format& format_of(const Grouping& grouping);

/// Stores the weight in matrix.format (one of those), `group` columns to a group.
void fill(StoredMatrix& matrix, const IntegerWeight& weight, int64_t group);

}  // namespace clinfer::stored

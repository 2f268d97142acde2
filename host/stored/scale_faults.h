#pragma once

#include <cstdint>

#include "host/stored/stored_matrix.h"

namespace clinfer::stored {

/// Scales of a weight that a sound quantiser would not write, or only for blocks of zeros. What they do is
/// defined all the same: value = code * scale, in IEEE arithmetic.
struct ScaleFaults {
  int64_t scales = 0;    ///< looked at, tensor scales among them
  int64_t zero = 0;      ///< 0, or an E8M0 byte of 0 (2^-127): what blocks of zeros have
  int64_t infinite = 0;  ///< Inf
  int64_t nan = 0;       ///< NaN, or the NaN byte of E8M0 or E4M3
};

/// Counts over all scales: those that stand apart, and the f16 and E8M0 ones inside GGUF's blocks.
ScaleFaults scale_faults(const StoredMatrix& matrix);

}  // namespace clinfer::stored

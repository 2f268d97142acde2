#pragma once

#include "cl_kernels/args/scalars.h"

// Of encode_choice: what quant/encode_options.h names, in its order.
typedef struct EncodeArgs {
  i64 row_bytes;        ///< of a row of codes
  i64 scale_row_bytes;  ///< of a row of the scale table; 0 for formats without one
  i32 rows;
  i32 cols;
  i32 scales_offset;  ///< of the first scale in its row, bytes
  i32 zeros_offset;   ///< of the first zero point
  i32 choice;         ///< ScaleMode, Scaling, IntegerRange, Nvfp4Profile or ScaleSearch: the format's own
  i32 power_scales;   ///< 1: ScaleStorage::ue8m0
  i32 inf_saturates;  ///< 1: Inf becomes the largest code (FP8)
  i32 matrix_amax;    ///< bits of the matrix's largest finite magnitude, where scales depend on it
} EncodeArgs;
ARGS_SIZE(EncodeArgs, 48)

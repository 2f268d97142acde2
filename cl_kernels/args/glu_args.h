#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/glu.cl. An item is `chunk` columns of a part; a part is a row, or a slot of one.
typedef struct GluArgs {
  i32 parts;
  i32 cols;    ///< of a part of y
  i32 stride;  ///< from one part to the next in gate, and in up
  i32 up_at;   ///< of the first part in `up`: cols where both lie in one matrix (1 when in turn), else 0
  i32 chunk;
  i32 row_parts;  ///< of a row
  f32 limit;      ///< this and the rest only with CLAMPED; infinity: none
  f32 alpha;
  f32 up_offset;
} GluArgs;
ARGS_SIZE(GluArgs, 36)

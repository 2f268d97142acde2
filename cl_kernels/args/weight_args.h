#pragma once

#include "cl_kernels/args/scalars.h"

// Where the parts of a weight lie in its one buffer: [experts][rows] rows of codes, then the experts' scale
// tables.
typedef struct WeightArgs {
  i64 row_bytes;           // of one row of codes
  i64 scales_offset;       // from the buffer's start to the first scale table; 64-aligned
  i64 scale_row_bytes;     // of one row of a scale table; 0 for formats without one
  i64 expert_scale_bytes;  // of one expert's scale table
  i32 rows;                // of one expert
  i32 cols;
} WeightArgs;
ARGS_SIZE(WeightArgs, 40)

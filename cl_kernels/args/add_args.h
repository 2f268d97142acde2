#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/add.cl. An item is `chunk` columns of a row.
typedef struct AddArgs {
  i32 rows;
  i32 cols;
  i32 chunk;
  i32 right_stride;  ///< from one row of the right operand to the next: cols, or 0 for one row
  f32 scale;         ///< of the right operand
} AddArgs;
ARGS_SIZE(AddArgs, 20)

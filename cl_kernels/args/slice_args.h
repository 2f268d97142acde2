#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/slice.cl.
typedef struct SliceArgs {
  i32 rows;
  i32 width;
  i32 x_cols;  ///< elements of a row of x
  i32 offset;
} SliceArgs;
ARGS_SIZE(SliceArgs, 16)

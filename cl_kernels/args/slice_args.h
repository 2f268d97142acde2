#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/slice.cl.
typedef struct SliceArgs {
  i32 rows;
  i32 width;
  i32 x_bytes;  ///< of a row of x
  i32 offset;   ///< columns from where their storage starts
  i32 parts;
  i32 stride;  ///< columns from part to part
} SliceArgs;
ARGS_SIZE(SliceArgs, 24)

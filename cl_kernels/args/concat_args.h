#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/concat.cl.
typedef struct ConcatArgs {
  i32 rows;
  i32 left_cols;
  i32 right_cols;
} ConcatArgs;
ARGS_SIZE(ConcatArgs, 12)

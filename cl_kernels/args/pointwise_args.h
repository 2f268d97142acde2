#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/pointwise.cl. An item is `chunk` columns of a row.
typedef struct PointwiseArgs {
  i32 rows;
  i32 cols;
  i32 chunk;
  f32 parameter;
} PointwiseArgs;
ARGS_SIZE(PointwiseArgs, 16)

#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/glu.cl. An item is `chunk` columns of a row.
typedef struct GluArgs {
  i32 rows;
  i32 cols;
  i32 chunk;
} GluArgs;
ARGS_SIZE(GluArgs, 12)

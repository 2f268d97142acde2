#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/gated_sum.cl.
typedef struct GatedSumArgs {
  i32 rows;
  i32 heads;
  i32 dim;
  i32 branches;
} GatedSumArgs;
ARGS_SIZE(GatedSumArgs, 16)

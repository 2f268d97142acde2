#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/rms_norm.cl.
typedef struct RmsNormArgs {
  i32 groups;  ///< of all rows: rows * cols / group_cols
  i32 group_cols;
  f32 eps;
  f32 weight_offset;  ///< added to every weight
  i32 has_delta;      ///< 1: of x + delta, which goes to sum
  i32 also_plain;     ///< this only with ROUNDED; 1: y too
} RmsNormArgs;
ARGS_SIZE(RmsNormArgs, 24)

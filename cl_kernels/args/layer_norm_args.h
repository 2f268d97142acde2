#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/layer_norm.cl.
typedef struct LayerNormArgs {
  i32 groups;  ///< of all rows: rows * cols / group_cols
  i32 group_cols;
  i32 heads;  ///< rows of weight and bias; group i has row i mod heads
  i32 has_bias;
  f32 eps;
  f32 weight_offset;  ///< added to each weight
} LayerNormArgs;
ARGS_SIZE(LayerNormArgs, 24)

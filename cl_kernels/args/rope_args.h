#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/rope.cl. An item is heads_per_item heads of a token.
typedef struct RopeArgs {
  i32 tokens;
  i32 heads;
  i32 heads_per_item;
  i32 head_dim;
  i32 offset;       ///< first rotated column of a head
  i32 half_dim;     ///< pairs of a head
  i32 interleaved;  ///< 0: pairs (i, i + half_dim), 1: pairs (2i, 2i + 1)
  f32 scale;
  i32 period;  ///< 0: none
  i32 shift;
  i32 limit;  ///< INT32_MAX: none
} RopeArgs;
ARGS_SIZE(RopeArgs, 44)

#pragma once

#include "cl_kernels/args/matmul_tiles.h"
#include "cl_kernels/args/weight_args.h"

// The workspace: counters of cut tiles, their parts' sums, packed x, packed W.
typedef struct LinearWgmmaArgs {
  WeightArgs weight;
  i64 x_at;       // bytes from the workspace's start
  i64 weight_at;  // the same
  MatmulTiles tiles;
  i32 has_bias;
} LinearWgmmaArgs;
ARGS_SIZE(LinearWgmmaArgs, 80)

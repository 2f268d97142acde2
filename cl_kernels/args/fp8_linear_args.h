#pragma once

#include "cl_kernels/args/matmul_tiles.h"
#include "cl_kernels/args/weight_args.h"

// The workspace: counters of cut tiles, their parts' sums, x's packed codes, x's scales.
typedef struct Fp8LinearArgs {
  WeightArgs weight;
  i64 x_at;       // bytes from the workspace's start
  i64 scales_at;  // the same
  MatmulTiles tiles;
  i32 has_bias;
} Fp8LinearArgs;
ARGS_SIZE(Fp8LinearArgs, 80)

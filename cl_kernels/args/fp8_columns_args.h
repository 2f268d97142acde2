#pragma once

#include "cl_kernels/args/weight_args.h"

// For nvidia/fp8_columns.clh. Blocks: of 128 columns of a tile of W's rows.
typedef struct Fp8ColumnsArgs {
  WeightArgs weight;
  i64 counters_at;  // from the workspace's start: parts there are of each tile
  i64 x_at;         // more than one token's codes, packed by fp8_columns_x.cl
  i64 x_scales_at;
  i64 parts_at;  // sums of tiles that several shares have blocks of
  i32 tokens;
  i32 matrices;  // that follow each other: 1, of a gate and up 2, of experts those of a token
  i32 experts;   // of the weight
  i32 per_slot;  // x has a part for each of a token's experts
  i32 has_bias;
  i32 shares;  // of the matrices' blocks, at most one for each block
} Fp8ColumnsArgs;
ARGS_SIZE(Fp8ColumnsArgs, 96)

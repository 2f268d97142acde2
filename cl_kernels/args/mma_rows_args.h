#pragma once

#include "cl_kernels/args/weight_args.h"

// For nvidia/linear_mma_rows.cl, linear_mma_join.cl and expert_linear_mma_rows.cl.
typedef struct MmaRowsArgs {
  WeightArgs weight;
  i32 tokens;
  i32 has_bias;
  i32 splits;    // parts of the columns that groups of their own multiply
  i32 chunks;    // of columns of a part
  i32 top_k;     // experts of a token
  i32 experts;   // of the weight
  i32 per_slot;  // x has a part for each of a token's experts
} MmaRowsArgs;
ARGS_SIZE(MmaRowsArgs, 72)

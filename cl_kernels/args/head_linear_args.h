#pragma once

#include "cl_kernels/args/weight_args.h"

typedef struct HeadLinearArgs {
  WeightArgs weight;
  i32 tokens;
  i32 heads;
  i32 in_dim;
  i32 out_dim;
  i32 tail_dim;
  i32 row_stride;
  i32 row_offset;
  i32 reserved;
} HeadLinearArgs;
ARGS_SIZE(HeadLinearArgs, 72)

#pragma once

#include "cl_kernels/args/weight_args.h"

typedef struct ExpertLinearArgs {
  WeightArgs weight;
  i32 tokens;
  i32 top_k;
  i32 experts;
  i32 per_slot;  // 1: x has a part of its own for each slot
  i32 has_bias;
} ExpertLinearArgs;
ARGS_SIZE(ExpertLinearArgs, 64)

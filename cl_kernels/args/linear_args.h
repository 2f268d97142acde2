#pragma once

#include "cl_kernels/args/weight_args.h"

typedef struct LinearArgs {
  WeightArgs weight;
  i32 tokens;
  i32 has_bias;
} LinearArgs;
ARGS_SIZE(LinearArgs, 48)

#pragma once

#include "cl_kernels/args/weight_args.h"

// Of Glu of two matrices.
typedef struct GatedLinearArgs {
  WeightArgs weight;  // of gate and of up, which have one shape
  i32 tokens;
  i32 unused;
} GatedLinearArgs;
ARGS_SIZE(GatedLinearArgs, 48)

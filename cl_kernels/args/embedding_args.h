#pragma once

#include "cl_kernels/args/weight_args.h"

typedef struct EmbeddingArgs {
  WeightArgs weight;
  i32 tokens;
  f32 scale;
} EmbeddingArgs;
ARGS_SIZE(EmbeddingArgs, 48)

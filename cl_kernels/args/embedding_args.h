#pragma once

#include "cl_kernels/args/weight_args.h"

typedef struct EmbeddingArgs {
  WeightArgs weight;
  i32 tokens;
  i32 reserved;
} EmbeddingArgs;
ARGS_SIZE(EmbeddingArgs, 48)

#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/causal_conv.cl.
typedef struct CausalConvArgs {
  i32 tokens;
  i32 cols;
  i32 chunk;  ///< tokens of an item, at least the rows of the state
  i32 has_bias;
} CausalConvArgs;
ARGS_SIZE(CausalConvArgs, 16)

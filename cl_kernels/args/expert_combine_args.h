#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/expert_combine.cl. An item is `chunk` columns of a row.
typedef struct ExpertCombineArgs {
  i32 rows;
  i32 cols;  ///< of the result
  i32 top_k;
  i32 chunk;
} ExpertCombineArgs;
ARGS_SIZE(ExpertCombineArgs, 16)

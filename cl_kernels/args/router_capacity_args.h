#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/router_capacity.cl.
typedef struct RouterCapacityArgs {
  i32 rows;
  i32 top_k;
  i32 experts;
  i32 places;  ///< choices that an expert serves
} RouterCapacityArgs;
ARGS_SIZE(RouterCapacityArgs, 16)

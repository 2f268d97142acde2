#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/add.cl. An item is `chunk` columns of a row.
typedef struct AddArgs {
  i32 rows;
  i32 cols;
  i32 chunk;
} AddArgs;
ARGS_SIZE(AddArgs, 12)

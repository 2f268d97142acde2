#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/select_rows.cl.
typedef struct SelectRowsArgs {
  i32 outputs;
  i32 cols;
} SelectRowsArgs;
ARGS_SIZE(SelectRowsArgs, 8)

#pragma once

#include "cl_kernels/args/scalars.h"

typedef struct QuantizeArgs {
  i32 rows;
  i32 cols;
} QuantizeArgs;
ARGS_SIZE(QuantizeArgs, 8)

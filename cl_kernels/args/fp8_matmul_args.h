#pragma once

#include "cl_kernels/args/scalars.h"

// y [m, n] = x [m, k] . W [n, k]; k a multiple of 128, n of 8.
typedef struct Fp8MatmulArgs {
  i32 m;
  i32 n;
  i32 k;
} Fp8MatmulArgs;
ARGS_SIZE(Fp8MatmulArgs, 12)

#pragma once

#include "cl_kernels/args/scalars.h"

#define FP8_COUNTERS 1024  // of cut tiles, at the start of the workspace

// y [m, n] = x [m, k] . W [n, k]; k a multiple of 128, n of 8.
typedef struct Fp8MatmulArgs {
  i32 m;
  i32 n;
  i32 k;
  i32 whole;  // tiles that a group works on alone; the others are cut along k into `parts`
  i32 parts;  // 1 or more
} Fp8MatmulArgs;
ARGS_SIZE(Fp8MatmulArgs, 20)

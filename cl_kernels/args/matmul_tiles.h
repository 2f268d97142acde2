#pragma once

#include "cl_kernels/args/scalars.h"

#define TILE_COUNTERS 1024  // of cut tiles, at the start of the workspace

// y [m, n] = x [m, k] . W [n, k]; k, in bytes of a row, a multiple of 128.
typedef struct MatmulTiles {
  i32 m;
  i32 n;
  i32 k;
  i32 whole;  // tiles that a group works on alone; the others are cut along k into `parts`
  i32 parts;  // 1 or more
} MatmulTiles;
ARGS_SIZE(MatmulTiles, 20)

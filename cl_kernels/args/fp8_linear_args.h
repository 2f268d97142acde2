#pragma once

#include "cl_kernels/args/matmul_tiles.h"
#include "cl_kernels/args/weight_args.h"

// The workspace: counters of cut tiles, their parts' sums, x's packed codes, x's scales; for experts also
// lists (expert_order.cl) and the table of tiles (expert_tiles.cl).
typedef struct Fp8LinearArgs {
  WeightArgs weight;
  i64 x_at;           // bytes from the workspace's start
  i64 scales_at;      // the same
  i64 lists_at;       // the same
  i64 table_at;       // the same
  MatmulTiles tiles;  // m of experts: rows of packed x, 128 for each tile that there may be
  i32 has_bias;
  i32 tokens;
  i32 top_k;
  i32 experts;
  i32 per_slot;  // 1: x has a part of its own for each slot
} Fp8LinearArgs;
ARGS_SIZE(Fp8LinearArgs, 112)

// Entries of an expert that are multiplied together, at most 128; the table is their number, 3 unused, then
// the tiles.
typedef struct ExpertTile {
  i32 expert;
  i32 start;  // of the lists' entries
  i32 count;
  i32 unused;
} ExpertTile;
ARGS_SIZE(ExpertTile, 16)

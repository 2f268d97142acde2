#pragma once

#include "cl_kernels/args/weight_args.h"

#define EXPERT_TILE_ENTRIES 144  // the most that are multiplied together

// Where things lie in the workspace, in bytes: lists (expert_order.cl), tiles and which of them each eight of
// packed rows belongs to (expert_tiles.cl), x's packed codes and scales (fp8_expert_x.cl).
typedef struct Fp8ExpertsArgs {
  WeightArgs weight;
  i64 lists_at;
  i64 tiles_at;
  i64 eights_at;
  i64 x_at;
  i64 scales_at;
  i32 tokens;
  i32 top_k;
  i32 experts;
  i32 per_slot;  // 1: x has a part of its own for each slot
  i32 has_bias;
  i32 unused;
} Fp8ExpertsArgs;
ARGS_SIZE(Fp8ExpertsArgs, 104)

// What stands before the tiles.
typedef struct ExpertTiles {
  i32 tiles;
  i32 eights;  // of packed rows
  i32 unused[2];
} ExpertTiles;
ARGS_SIZE(ExpertTiles, 16)

// Entries of an expert that are multiplied together, up to EXPERT_TILE_ENTRIES.
typedef struct ExpertTile {
  i32 expert;
  i32 start;  // of the lists' entries
  i32 count;
  i32 first;  // of its packed rows, a multiple of 8; they are count up to one
} ExpertTile;
ARGS_SIZE(ExpertTile, 16)

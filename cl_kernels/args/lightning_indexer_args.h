#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/lightning_indexer.cl; the meaning is that of graph/ops/lightning_indexer.h.
typedef struct LightningIndexerArgs {
  i32 tokens;
  i32 heads;
  i32 dim;
  i32 count;
  i32 key_bytes;  ///< of a row
  i32 context;
  i32 pitch;  ///< scores of a token lie so many elements apart
  i32 tile;   ///< rows of an item
} LightningIndexerArgs;
ARGS_SIZE(LightningIndexerArgs, 32)

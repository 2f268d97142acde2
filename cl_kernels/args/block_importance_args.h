#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/block_importance.cl; the meaning is that of graph/ops/block_select.h.
typedef struct BlockImportanceArgs {
  i32 tokens;
  i32 heads;
  i32 kv_heads;
  i32 dim;
  i32 stride;
  i32 length;
  i32 block;
  i32 initial;
  i32 local_blocks;
  i32 key_bytes;  ///< of a row
  i32 context;
  i32 pitch;      ///< importance of a (token, kv head) lies so many elements apart
  i32 row_pitch;  ///< so do its weights of compressed rows
  f32 scale;
} BlockImportanceArgs;
ARGS_SIZE(BlockImportanceArgs, 56)

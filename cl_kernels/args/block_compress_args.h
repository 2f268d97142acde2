#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/block_compress.cl; the meaning is that of graph/ops/block_compress.h.
typedef struct BlockCompressArgs {
  i32 tokens;
  i32 heads;
  i32 dim;
  i32 stride;
  i32 length;
  i32 hidden;
  i32 row_bytes;  ///< of what is compressed
} BlockCompressArgs;
ARGS_SIZE(BlockCompressArgs, 28)

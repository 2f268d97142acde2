#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/cache_append.cl.
typedef struct CacheAppendArgs {
  i32 tokens;
  i32 cols;       ///< of x
  i32 row_bytes;  ///< of a cache row
  i32 offset;     ///< the first column written where formats code groups of them, else its byte in the row
  i32 ring;       ///< rows that positions from ring_first on take in turn; 0: a row each
  i32 ring_first;
} CacheAppendArgs;
ARGS_SIZE(CacheAppendArgs, 24)

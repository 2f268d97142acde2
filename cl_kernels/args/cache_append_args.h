#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/cache_append.cl.
typedef struct CacheAppendArgs {
  i32 tokens;
  i32 cols;         ///< of x
  i32 cache_width;  ///< elements of a cache row
  i32 offset;       ///< first column written
} CacheAppendArgs;
ARGS_SIZE(CacheAppendArgs, 16)

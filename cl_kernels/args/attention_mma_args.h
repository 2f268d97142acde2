#pragma once

#include "cl_kernels/args/scalars.h"

// For nvidia/attention_mma.cl; the meaning is that of graph/ops/attention.h. Offsets and strides are in
// columns; that of shared keys counts from where their storage starts.
typedef struct AttentionMmaArgs {
  i32 tokens;
  i32 heads;
  i32 kv_heads;
  i32 key_dim;
  i32 value_dim;
  i32 shared_dim;
  i32 key_bytes;  // of a row
  i32 key_offset;
  i32 key_stride;
  i32 value_bytes;
  i32 value_offset;
  i32 value_stride;
  i32 shared_bytes;
  i32 shared_offset;
  i32 context;
  i32 window;  // 0: none
  f32 scale;
} AttentionMmaArgs;
ARGS_SIZE(AttentionMmaArgs, 68)

#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/linear_attention.cl. Columns of q, k and v: offset + head * stride of rows of so many
/// columns.
typedef struct LinearAttentionArgs {
  i32 tokens;
  i32 heads;
  i32 heads_of_key;  ///< heads that share the q and k of a key head
  i32 value_dim;
  i32 q_cols, q_offset, q_stride;
  i32 k_cols, k_offset, k_stride;
  i32 v_cols, v_offset, v_stride;
  i32 decay_cols;  ///< of a row of decay
  i32 decay_rows;  ///< 0: all tokens have the same row
  f32 scale;
  f32 eps;
} LinearAttentionArgs;
ARGS_SIZE(LinearAttentionArgs, 68)

#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/router.cl; the meaning is that of graph/ops/router.h.
typedef struct RouterArgs {
  i32 rows;
  i32 experts;
  i32 top_k;
  i32 groups;
  i32 keep_groups;
  i32 sigmoid;       ///< 0: softmax
  i32 near_softmax;  ///< 1: the score is the logit, see `near`
  i32 top2_sum;      ///< 0: a group's score is its highest choice
  i32 renormalise;
  i32 has_bias;
  f32 scale;
  f32 near;
} RouterArgs;
ARGS_SIZE(RouterArgs, 48)

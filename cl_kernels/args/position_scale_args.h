#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/position_scale.cl; the meaning is that of graph/ops/position_scale.h. An item is `chunk`
/// columns of a row.
typedef struct PositionScaleArgs {
  i32 rows;
  i32 cols;
  i32 chunk;
  i32 length;
  i32 shift;
  i32 steps;
  f32 factor;
} PositionScaleArgs;
ARGS_SIZE(PositionScaleArgs, 28)

#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/decay_gate.cl.
typedef struct DecayGateArgs {
  i32 rows;
  i32 cols;
  i32 group;  ///< columns that share a rate
} DecayGateArgs;
ARGS_SIZE(DecayGateArgs, 12)

#pragma once

#include "cl_kernels/args/scalars.h"

/// For cl_kernels/choose_highest.cl. A token has `sets` lists of ordered scores, one for each block of
/// `block` rows up to its position.
typedef struct ChooseHighestArgs {
  i32 tokens;
  i32 sets;
  i32 count;
  i32 block;
  i32 context;  ///< rows
  i32 pitch;    ///< lists lie so many elements apart
} ChooseHighestArgs;
ARGS_SIZE(ChooseHighestArgs, 24)

#pragma once

#include "cl_kernels/args/choose_highest_args.h"
#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// The last launch of ops that choose rows or blocks: from lists of ordered scores at the start of the
/// scratch memory to the node's first output. `args` lacks tokens and context; `positions` is the input that
/// has them.
Launch choose_highest(const OpContext& context, size_t positions, ChooseHighestArgs args);

}  // namespace clinfer::kernels

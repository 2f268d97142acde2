#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "host/kernels/chain_waits.h"

namespace clinfer::kernels {

/// A launch as the groups of a chain see it.
struct ChainStep {
  std::vector<Access> accesses;
  int64_t workers = 0;  ///< 0: it is left out
  int64_t places = 1;   ///< workers that a group carries out at once
};

/// A launch's place among the others.
struct ChainTurn {
  size_t step = 0;
  bool waits = false;  ///< for all turns before it
  int64_t owner = -1;  ///< the only group that takes workers of it; -1: all do
};

/// Steps in an order in which as few wait as can be: each comes as soon as what it touches is done, in the
/// order they were in otherwise. What a single group can do about as fast as all is left to one, and what
/// depends on that alone is left to the same group, without waiting.
std::vector<ChainTurn> chain_order(std::span<const ChainStep> steps, int64_t groups);

}  // namespace clinfer::kernels

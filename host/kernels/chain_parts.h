#pragma once

#include <span>

#include "host/kernels/chain.h"
#include "host/kernels/chain_waits.h"

namespace clinfer::kernels {

/// The kernels of a row of launches as functions of one program.
struct ChainFunctions {
  std::vector<cl::JoinedUnit> units;
  std::vector<int> numbers;  ///< of each launch's function
};
ChainFunctions chain_functions(std::span<const BoundLaunch> launches);

/// Addresses of all launches' buffers, one launch after another, as the program's kernel chain_address finds
/// them.
std::vector<uint64_t> chain_addresses(const cl::Device& device, const cl::Program& program,
                                      std::span<const BoundLaunch> launches);

/// What each launch touches; `addresses` as above.
std::vector<std::vector<Access>> chain_accesses(std::span<const BoundLaunch> launches,
                                                std::span<const uint64_t> addresses);

}  // namespace clinfer::kernels

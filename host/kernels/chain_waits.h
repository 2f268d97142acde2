#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace clinfer::kernels {

/// A range of memory that a launch reads or writes.
struct Access {
  uint64_t begin = 0;  ///< address
  uint64_t end = 0;
  bool writes = false;
};

/// Whether one of two launches must wait for the other.
bool clash(const Access& a, const Access& b);

/// Whether each launch of a row must wait until all before it are done everywhere: it touches what one since
/// the last such wait wrote, or writes what one read.
std::vector<bool> chain_waits(std::span<const std::vector<Access>> launches);

/// Waits for a call in which launches have so many workers: one that nobody carries out cannot wait, so its
/// wait is left to the next that has workers.
std::vector<bool> carried_waits(const std::vector<bool>& waits, std::span<const int64_t> workers);

}  // namespace clinfer::kernels

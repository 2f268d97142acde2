#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace clinfer::tune {

/// Seconds of one workload: in each round each candidate once, [round][candidate]; infinite where one does
/// not run.
using Rounds = std::vector<std::vector<double>>;

struct Verdict {
  size_t chosen = 0;
  double gain = 1;  ///< speed by it over the usual one's, geometric mean over the workloads of medians
  std::vector<double> gains{};  ///< the same of every candidate
};

/// The candidate to take in place of the `usual` one: the fastest of those that are faster by more than 3 %,
/// so in three rounds of four, and that lose 2 % in no workload; else the usual one. Speeds are compared
/// within a round, so that what slows a whole round counts for nothing.
Verdict choose(std::span<const Rounds> workloads, size_t usual);

}  // namespace clinfer::tune

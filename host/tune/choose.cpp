#include "host/tune/choose.h"

#include <algorithm>
#include <cmath>

namespace clinfer::tune {
namespace {

constexpr double kLeastGain = 1.03;
constexpr double kMostLoss = 0.98;

/// How much faster a candidate is than the usual one.
struct Speed {
  double median = 1;
  double lower = 1;  ///< in a quarter of the rounds it is less
};

Speed speed_of(const Rounds& rounds, size_t candidate, size_t usual) {
  std::vector<double> ratios;
  for (const std::vector<double>& seconds : rounds) ratios.push_back(seconds[usual] / seconds[candidate]);
  std::ranges::sort(ratios);
  return {ratios[ratios.size() / 2], ratios[ratios.size() / 4]};
}

}  // namespace

Verdict choose(std::span<const Rounds> workloads, size_t usual) {
  Verdict best{usual, 1};
  best.gains.assign(workloads.front().front().size(), 1);
  for (size_t candidate = 0; candidate < best.gains.size(); ++candidate) {
    if (candidate == usual) continue;
    double gain = 1;
    double lower = 1;
    bool loses = false;
    for (const Rounds& rounds : workloads) {
      const Speed speed = speed_of(rounds, candidate, usual);
      gain *= speed.median;
      lower *= speed.lower;
      loses |= !(speed.median > kMostLoss);
    }
    gain = std::pow(gain, 1.0 / static_cast<double>(workloads.size()));
    best.gains[candidate] = gain;
    if (loses || !(lower > 1) || !(gain > kLeastGain) || !(gain > best.gain)) continue;
    best.chosen = candidate;
    best.gain = gain;
  }
  return best;
}

}  // namespace clinfer::tune

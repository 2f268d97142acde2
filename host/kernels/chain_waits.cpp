#include "host/kernels/chain_waits.h"

#include <algorithm>

namespace clinfer::kernels {

bool clash(const Access& a, const Access& b) {
  return (a.writes || b.writes) && a.begin < b.end && b.begin < a.end;
}

std::vector<bool> chain_waits(std::span<const std::vector<Access>> launches) {
  std::vector<bool> waits;
  std::vector<Access> pending;
  for (const std::vector<Access>& launch : launches) {
    const bool wait = std::ranges::any_of(launch, [&](const Access& mine) {
      return std::ranges::any_of(pending, [&](const Access& other) { return clash(mine, other); });
    });
    if (wait) pending.clear();
    pending.insert(pending.end(), launch.begin(), launch.end());
    waits.push_back(wait);
  }
  return waits;
}

std::vector<bool> carried_waits(const std::vector<bool>& waits, std::span<const int64_t> workers) {
  std::vector<bool> carried;
  bool left = false;
  for (size_t i = 0; i < waits.size(); ++i) {
    const bool wait = left || waits[i];
    const bool idle = workers[i] == 0;
    carried.push_back(wait && !idle);
    left = wait && idle;
  }
  return carried;
}

}  // namespace clinfer::kernels

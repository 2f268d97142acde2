#pragma once

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

namespace clinfer::kernels {

/// Calls stretch(begin, end) for [0, count) in stretches, by as many threads as there are cores, the caller's
/// among them, but no more than `most`; returns when all have ended. `stretch` must not throw.
template <class Stretch>
void by_cores(int64_t count, int64_t most, const Stretch& stretch) {
  const int64_t cores = std::max<int64_t>(1, std::thread::hardware_concurrency());
  const int64_t workers = std::max<int64_t>(1, std::min({most, cores, count}));
  std::vector<std::jthread> others;
  for (int64_t w = 1; w < workers; ++w)
    others.emplace_back(
        [&stretch, begin = count * w / workers, end = count * (w + 1) / workers] { stretch(begin, end); });
  stretch(0, count / workers);
}

}  // namespace clinfer::kernels

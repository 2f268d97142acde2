#include "bench/timing.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace clinfer::bench {

Seconds time_calls(const cl::Device& device, int rounds, int64_t calls,
                   const std::function<void(size_t)>& call) {
  std::vector<double> seconds;
  for (int round = 0; round <= rounds; ++round) {
    device.finish();
    const auto start = std::chrono::steady_clock::now();
    for (int64_t i = 0; i < calls; ++i) call(static_cast<size_t>(i));
    device.finish();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (round > 0) seconds.push_back(took.count() / static_cast<double>(calls));
  }
  std::sort(seconds.begin(), seconds.end());
  return {seconds[seconds.size() / 2], seconds.front()};
}

}  // namespace clinfer::bench

#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "graph/value.h"
#include "host/io/checkpoint.h"
#include "host/io/statistics_file.h"
#include "host/run/profile.h"

namespace clinfer::run {

/// A weight and the host memory that its device layout goes to.
struct WeightPlace {
  graph::Weight weight;
  std::span<std::byte> memory;  ///< kernels::WeightLayout::bytes of it
};

/// Brings weights into host memory by threads of its own, as many as there are cores. Behind them they touch
/// the first rows of caches, which a first call would do one after the other: a huge page takes a while.
class WeightLoad {
 public:
  /// Begins. `loaded` is told the bytes of each piece, by one thread at a time. The checkpoint, `importance`
  /// (as load_weight takes it, or nullptr), the places and the profile (or nullptr) must outlive this.
  WeightLoad(std::vector<WeightPlace> places, std::vector<std::span<std::byte>> caches,
             const io::Checkpoint& checkpoint, const io::StatisticsFile* importance,
             std::function<void(int64_t bytes)> loaded, Profile* profile);
  ~WeightLoad();  ///< waits for the weights that were begun
  WeightLoad(const WeightLoad&) = delete;
  WeightLoad& operator=(const WeightLoad&) = delete;

  /// Returns when all weights are there; throws what load_weight threw for one of them.
  void wait();

 private:
  void work();
  void load(const WeightPlace& place);

  std::vector<WeightPlace> places_;  ///< the largest first
  std::vector<std::span<std::byte>> caches_;
  const io::Checkpoint& checkpoint_;
  const io::StatisticsFile* importance_;
  std::function<void(int64_t)> loaded_;
  Profile* profile_;
  std::atomic<size_t> next_ = 0;  ///< of places_, then of caches_
  std::mutex mutex_;              ///< of loaded_ and error_
  std::exception_ptr error_;
  std::vector<std::jthread> threads_;
};

}  // namespace clinfer::run

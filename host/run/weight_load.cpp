#include "host/run/weight_load.h"

#include <algorithm>

#include "host/kernels/row_groups.h"
#include "host/run/weight_source.h"

namespace clinfer::run {
namespace {

/// Each holds a band of decoded rows where formats are converted.
constexpr size_t kMostThreads = 16;

}  // namespace

WeightLoad::WeightLoad(std::vector<WeightPlace> places, std::vector<std::span<std::byte>> caches,
                       const io::Checkpoint& checkpoint, const io::StatisticsFile* importance,
                       std::function<void(int64_t)> loaded, Profile* profile)
    : places_(std::move(places)),
      caches_(std::move(caches)),
      checkpoint_(checkpoint),
      importance_(importance),
      loaded_(std::move(loaded)),
      profile_(profile) {
  std::ranges::stable_sort(places_, std::greater(), [](const WeightPlace& p) { return p.memory.size(); });
  const size_t cores = std::max<size_t>(1, std::thread::hardware_concurrency());
  const size_t count = std::min({cores, kMostThreads, places_.size()});
  for (size_t i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
}

WeightLoad::~WeightLoad() {
  next_ = places_.size() + caches_.size();
}

void WeightLoad::wait() {
  threads_.clear();
  if (error_) std::rethrow_exception(error_);
}

void WeightLoad::work() {
  const HostScope scope(profile_, "load weights");
  const size_t all = places_.size() + caches_.size();
  for (size_t i = next_++; i < all; i = next_++) {
    if (i >= places_.size()) {
      caches_[i - places_.size()].front() = std::byte{0};
      continue;
    }
    try {
      load(places_[i]);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
      next_ = all;
    }
  }
}

void WeightLoad::load(const WeightPlace& place) {
  const kernels::LayoutSink put = kernels::placing(place.weight, place.memory);
  const PieceSink sink = [&](int64_t offset, std::span<const std::byte> bytes) {
    put(offset, bytes);
    const std::lock_guard lock(mutex_);
    loaded_(std::ssize(bytes));
  };
  load_weight(place.weight, checkpoint_, sink, importance_);
}

}  // namespace clinfer::run

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "host/cl/slabs.h"
#include "host/io/checkpoint.h"
#include "host/io/statistics_file.h"
#include "host/plan/plan.h"
#include "host/run/profile.h"

namespace clinfer::run {

/// Bytes brought to a device so far, and in all.
using Progress = std::function<void(int64_t done, int64_t total)>;

/// Device memory that outlives a call: weights, constants and caches. Plans of different phases and graphs
/// share what they have in common: a weight is held once for each device and format.
class Storage {
 public:
  Storage(std::vector<cl::Device> devices, int64_t cache_rows);
  ~Storage();

  /// Allocates all that the plans need and begins to bring the weights: those of CPUs by threads, until
  /// finish_load(), before which no kernel may read them; those of other devices at once. Throws
  /// Error(Fault::memory) when a device is too small, before anything is read. `importance` as load_weight()
  /// takes it; what is passed must outlive the load, `profile` may be nullptr.
  void begin_load(const std::vector<const plan::Plan*>& plans, const io::Checkpoint& checkpoint,
                  const io::StatisticsFile* importance, const Progress& progress, Profile* profile);
  /// Waits for the threads. Throws what load_weight() throws.
  void finish_load();

  /// The memory of a weight, constant or cache that begin_load() has seen.
  const cl::Buffer& buffer(const graph::Graph& graph, graph::ValueId id) const;

  const cl::Device& device(int index) const { return devices_.at(static_cast<size_t>(index)); }
  size_t devices() const { return devices_.size(); }
  int64_t cache_rows() const { return cache_rows_; }
  int64_t bytes_on(int device) const;  ///< of everything begin_load() allocated there

 private:
  struct Wanted;
  struct Loading;
  using AllWanted = std::map<std::string, Wanted>;
  using Pool = std::pair<int, bool>;
  using Loaded = std::function<void(int64_t bytes)>;
  AllWanted collect(const std::vector<const plan::Plan*>& plans) const;
  void check_room(const AllWanted& wanted, const std::vector<const plan::Plan*>& plans) const;
  void check_pieces(const AllWanted& wanted) const;
  std::map<Pool, cl::Slabs> allocate(AllWanted& wanted, const io::Checkpoint& checkpoint);
  bool filled_by_threads(const Wanted& wanted, const io::Checkpoint& checkpoint) const;
  void fill_by_queue(const AllWanted& wanted, const io::Checkpoint& checkpoint,
                     const io::StatisticsFile* importance, const Loaded& loaded) const;

  std::vector<cl::Device> devices_;
  int64_t cache_rows_ = 0;
  std::map<std::string, cl::Buffer> buffers_;
  std::map<int, int64_t> bytes_;
  std::unique_ptr<Loading> loading_;  ///< between begin_load() and finish_load()
};

}  // namespace clinfer::run

#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "host/cl/context.h"
#include "host/io/checkpoint.h"
#include "host/io/statistics_file.h"
#include "host/plan/plan.h"

namespace clinfer::run {

/// Bytes brought to a device so far, and in all.
using Progress = std::function<void(int64_t done, int64_t total)>;

/// Device memory that outlives a call: weights, constants and caches. Plans of different phases and graphs
/// share what they have in common: a weight is held once for each device and format.
class Storage {
 public:
  Storage(std::vector<cl::Device> devices, int64_t cache_rows)
      : devices_(std::move(devices)), cache_rows_(cache_rows) {}

  /// Allocates all that the plans need and uploads the weights. Throws Error(Fault::memory) when a device is
  /// too small, before anything is read. `importance` as load_weight() takes it.
  void load(const std::vector<const plan::Plan*>& plans, const io::Checkpoint& checkpoint,
            const io::StatisticsFile* importance, const Progress& progress);

  /// The memory of a weight, constant or cache that load() has seen.
  const cl::Buffer& buffer(const graph::Graph& graph, graph::ValueId id) const;

  const cl::Device& device(int index) const { return devices_.at(static_cast<size_t>(index)); }
  size_t devices() const { return devices_.size(); }
  int64_t cache_rows() const { return cache_rows_; }
  int64_t bytes_on(int device) const;  ///< of everything load() allocated there

 private:
  struct Wanted;
  std::map<std::string, Wanted> collect(const std::vector<const plan::Plan*>& plans) const;
  void check_room(const std::map<std::string, Wanted>& wanted,
                  const std::vector<const plan::Plan*>& plans) const;
  void check_pieces(const std::map<std::string, Wanted>& wanted) const;
  void fill(const Wanted& wanted, const cl::Buffer& buffer, const io::Checkpoint& checkpoint,
            const io::StatisticsFile* importance, const Progress& step) const;

  std::vector<cl::Device> devices_;
  int64_t cache_rows_ = 0;
  std::map<std::string, cl::Buffer> buffers_;
  std::map<int, int64_t> bytes_;
};

}  // namespace clinfer::run

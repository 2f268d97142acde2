#include "host/run/storage.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "host/kernels/row_tiles.h"
#include "host/kernels/weight_layout.h"
#include "host/run/dummy_weights.h"
#include "host/run/weight_load.h"
#include "host/run/weight_source.h"
#include "quant/error.h"

namespace clinfer::run {

/// A buffer that some plan needs.
struct Storage::Wanted {
  const graph::Value* value = nullptr;
  int64_t bytes = 0;
  cl::Slabs::Piece piece{};
};

struct Storage::Loading {
  std::map<int, std::vector<cl::Mapping>> maps;  ///< of a device's slabs of weights
  std::optional<WeightLoad> threads;
};

namespace {

/// What makes two values the same memory: device, kind, name in the checkpoint, format.
std::string key_of(const graph::Graph& graph, const graph::Value& value) {
  const std::string device = std::to_string(value.device) + "|";
  if (const graph::Weight* weight = value.weight()) {
    return device + "weight|" + weight->tensors.front() + "|" + weight->format + "|" + weight->scale + "|" +
           std::to_string(weight->row_group);
  }
  if (value.cache() != nullptr) {
    const graph::Value& root = value.alias_of < 0 ? value : graph.value(value.alias_of);
    return device + "cache|" + root.name;
  }
  return device + "constant|" + graph.name + "|" + value.name;
}

std::string mib(int64_t bytes) {
  return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB";
}

}  // namespace

Storage::Storage(std::vector<cl::Device> devices, int64_t cache_rows)
    : devices_(std::move(devices)), cache_rows_(cache_rows) {}

Storage::~Storage() = default;

Storage::AllWanted Storage::collect(const std::vector<const plan::Plan*>& plans) const {
  AllWanted wanted;
  for (const plan::Plan* plan : plans) {
    for (const graph::Value& value : plan->graph.values) {
      const bool held = value.weight() != nullptr || value.constant() != nullptr || value.cache() != nullptr;
      if (held)
        wanted.try_emplace(key_of(plan->graph, value),
                           Wanted{&value, kernels::device_bytes(value, {1, 1, cache_rows_})});
    }
  }
  return wanted;
}

void Storage::check_room(const AllWanted& wanted, const std::vector<const plan::Plan*>& plans) const {
  for (size_t d = 0; d < devices_.size(); ++d) {
    int64_t weights = 0;
    int64_t caches = 0;
    int64_t arenas = 0;
    for (const auto& [key, w] : wanted) {
      if (w.value->device == static_cast<int>(d)) (w.value->cache() != nullptr ? caches : weights) += w.bytes;
    }
    for (const plan::Plan* plan : plans) arenas += plan->arena_bytes[d];
    const graph::DeviceInfo& info = devices_[d].info();
    if (weights + caches + arenas <= info.global_bytes) continue;
    throw Error(Fault::memory, "device " + info.id + " (" + info.name + ") has " + mib(info.global_bytes) +
                                   ", the plan needs " + mib(weights + caches + arenas) + ": weights " +
                                   mib(weights) + ", caches " + mib(caches) + " for " +
                                   std::to_string(cache_rows_) + " tokens, values " + mib(arenas) +
                                   "; lower kv_cache.max_context, choose a smaller weights.format or place "
                                   "layers on another device");
  }
}

void Storage::check_pieces(const AllWanted& wanted) const {
  for (const auto& [key, w] : wanted) {
    const graph::DeviceInfo& info = device(w.value->device).info();
    if (w.bytes <= info.max_alloc_bytes) continue;
    throw Error(Fault::memory, w.value->name + " takes " + mib(w.bytes) + ", but one buffer of device " +
                                   info.id + " (" + info.name + ") holds at most " +
                                   mib(info.max_alloc_bytes));
  }
}

bool Storage::filled_by_threads(const Wanted& wanted, const io::Checkpoint& checkpoint) const {
  return wanted.value->constant() == nullptr && checkpoint.has_bytes() &&
         device(wanted.value->device).info().is_cpu;
}

void Storage::fill_by_queue(const AllWanted& wanted, const io::Checkpoint& checkpoint,
                            const io::StatisticsFile* importance, const Loaded& loaded) const {
  std::map<int, DummyWeights> dummies;
  for (const auto& [key, w] : wanted) {
    const cl::Device& target = device(w.value->device);
    const cl::Buffer& buffer = w.piece.buffer;
    const graph::Weight* weight = w.value->weight();
    if (const graph::Constant* constant = w.value->constant()) {
      target.write(buffer, std::as_bytes(std::span(constant->data)));
    } else if (weight != nullptr && !checkpoint.has_bytes()) {
      dummies.try_emplace(w.value->device, target).first->second.fill(*weight, buffer);
      loaded(w.bytes);
    } else if (weight != nullptr && !filled_by_threads(w, checkpoint)) {
      const PieceSink sink = [&](int64_t offset, std::span<const std::byte> bytes) {
        target.write(buffer, bytes, offset);
        loaded(std::ssize(bytes));
      };
      const bool tiles = weight->row_group == kernels::kTileRows;
      load_weight(*weight, checkpoint, tiles ? kernels::tiling(*weight, sink) : sink, importance);
    }
  }
}

/// Slabs of a device; true: of what threads fill, which are mapped meanwhile.
std::map<Storage::Pool, cl::Slabs> Storage::allocate(AllWanted& wanted, const io::Checkpoint& checkpoint) {
  const auto pool_of = [&](const Wanted& w) {
    return Pool(w.value->device, filled_by_threads(w, checkpoint));
  };
  std::map<Pool, int64_t> bytes;
  for (const auto& [key, w] : wanted) {
    bytes[pool_of(w)] += w.bytes;
    bytes_[w.value->device] += w.bytes;
  }
  std::map<Pool, cl::Slabs> slabs;
  for (const auto& [pool, count] : bytes) slabs.try_emplace(pool, device(pool.first), count);
  for (auto& [key, w] : wanted) {
    w.piece = slabs.at(pool_of(w)).allocate(w.bytes);
    buffers_.emplace(key, w.piece.buffer);
  }
  return slabs;
}

void Storage::begin_load(const std::vector<const plan::Plan*>& plans, const io::Checkpoint& checkpoint,
                         const io::StatisticsFile* importance, const Progress& progress, Profile* profile) {
  for (const plan::Plan* plan : plans) check_weights(plan->graph, checkpoint);
  AllWanted wanted = collect(plans);
  check_pieces(wanted);
  check_room(wanted, plans);
  const std::map<Pool, cl::Slabs> slabs = allocate(wanted, checkpoint);
  int64_t total = 0;
  for (const auto& [key, w] : wanted) total += w.value->weight() != nullptr ? w.bytes : 0;
  const Loaded loaded = [progress, total, done = std::make_shared<int64_t>(0)](int64_t bytes) {
    *done += bytes;
    if (progress) progress(std::min(*done, total), total);
  };
  fill_by_queue(wanted, checkpoint, importance, loaded);
  loading_ = std::make_unique<Loading>();
  for (const auto& [pool, of_device] : slabs) {
    if (pool.second) loading_->maps.emplace(pool.first, of_device.map());
  }
  std::vector<WeightPlace> places;
  std::vector<std::span<std::byte>> caches;
  for (const auto& [key, w] : wanted) {
    if (!filled_by_threads(w, checkpoint)) continue;
    const cl::Mapping& map = loading_->maps.at(w.value->device).at(w.piece.slab);
    const auto memory =
        map.bytes().subspan(static_cast<size_t>(w.piece.offset), static_cast<size_t>(w.bytes));
    if (w.value->weight() != nullptr)
      places.push_back({*w.value->weight(), memory});
    else
      caches.push_back(memory);
  }
  loading_->threads.emplace(std::move(places), std::move(caches), checkpoint, importance, loaded, profile);
}

void Storage::finish_load() {
  if (loading_ != nullptr) loading_->threads->wait();
  loading_.reset();
}

const cl::Buffer& Storage::buffer(const graph::Graph& graph, graph::ValueId id) const {
  return buffers_.at(key_of(graph, graph.value(id)));
}

int64_t Storage::bytes_on(int device) const {
  const auto it = bytes_.find(device);
  return it == bytes_.end() ? 0 : it->second;
}

}  // namespace clinfer::run

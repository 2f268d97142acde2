#include "host/run/storage.h"

#include <algorithm>

#include "host/cl/slabs.h"
#include "host/kernels/row_groups.h"
#include "host/kernels/weight_layout.h"
#include "host/run/dummy_weights.h"
#include "host/run/weight_source.h"
#include "quant/error.h"

namespace clinfer::run {

/// A buffer that some plan needs.
struct Storage::Wanted {
  const graph::Value* value = nullptr;
  int64_t bytes = 0;
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

std::map<std::string, Storage::Wanted> Storage::collect(const std::vector<const plan::Plan*>& plans) const {
  std::map<std::string, Wanted> wanted;
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

void Storage::check_room(const std::map<std::string, Wanted>& wanted,
                         const std::vector<const plan::Plan*>& plans) const {
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

void Storage::check_pieces(const std::map<std::string, Wanted>& wanted) const {
  for (const auto& [key, w] : wanted) {
    const graph::DeviceInfo& info = device(w.value->device).info();
    if (w.bytes <= info.max_alloc_bytes) continue;
    throw Error(Fault::memory, w.value->name + " takes " + mib(w.bytes) + ", but one buffer of device " +
                                   info.id + " (" + info.name + ") holds at most " +
                                   mib(info.max_alloc_bytes));
  }
}

void Storage::fill(const Wanted& wanted, const cl::Buffer& buffer, const io::Checkpoint& checkpoint,
                   const io::StatisticsFile* importance, const Progress& step) const {
  const cl::Device& target = device(wanted.value->device);
  if (const graph::Constant* constant = wanted.value->constant()) {
    target.write(buffer, std::as_bytes(std::span(constant->data)));
  } else if (const graph::Weight* weight = wanted.value->weight()) {
    const PieceSink sink = [&](int64_t offset, std::span<const std::byte> bytes) {
      target.write(buffer, bytes, offset);
      step(static_cast<int64_t>(bytes.size()), 0);
    };
    load_weight(*weight, checkpoint, kernels::grouping(*weight, sink), importance);
  }
}

void Storage::load(const std::vector<const plan::Plan*>& plans, const io::Checkpoint& checkpoint,
                   const io::StatisticsFile* importance, const Progress& progress) {
  for (const plan::Plan* plan : plans) check_weights(plan->graph, checkpoint);
  const std::map<std::string, Wanted> wanted = collect(plans);
  check_pieces(wanted);
  check_room(wanted, plans);
  int64_t total = 0;
  int64_t done = 0;
  for (const auto& [key, w] : wanted) total += w.value->weight() != nullptr ? w.bytes : 0;
  const auto step = [&](int64_t bytes) {
    done += bytes;
    if (progress) progress(std::min(done, total), total);
  };
  std::map<int, int64_t> bytes_of;
  for (const auto& [key, w] : wanted) bytes_of[w.value->device] += w.bytes;
  std::map<int, cl::Slabs> slabs;
  for (const auto& [d, bytes] : bytes_of) slabs.try_emplace(d, device(d), bytes);
  std::map<int, DummyWeights> dummies;
  for (const auto& [key, w] : wanted) {
    const cl::Buffer buffer = slabs.at(w.value->device).allocate(w.bytes);
    if (w.value->weight() != nullptr && !checkpoint.has_bytes()) {
      const auto dummy = dummies.try_emplace(w.value->device, device(w.value->device)).first;
      dummy->second.fill(*w.value->weight(), buffer);
      step(w.bytes);
    } else {
      fill(w, buffer, checkpoint, importance, [&](int64_t bytes, int64_t) { step(bytes); });
    }
    buffers_.emplace(key, buffer);
    bytes_[w.value->device] += w.bytes;
  }
}

const cl::Buffer& Storage::buffer(const graph::Graph& graph, graph::ValueId id) const {
  return buffers_.at(key_of(graph, graph.value(id)));
}

int64_t Storage::bytes_on(int device) const {
  const auto it = bytes_.find(device);
  return it == bytes_.end() ? 0 : it->second;
}

}  // namespace clinfer::run

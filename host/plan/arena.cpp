#include "host/plan/arena.h"

#include <algorithm>

#include "host/kernels/weight_layout.h"

namespace clinfer::plan {
namespace {

/// Bytes that must stay untouched from step `first` to step `last`.
struct Life {
  int device = 0;
  int first = 0;
  int last = 0;
  Slot* slot = nullptr;
};

/// Launches may follow each other in one (kernels::Chain) and then wait for each other where they touch the
/// same bytes: a small value's place rests for a few steps before others write to it.
constexpr int kRestSteps = 3;
constexpr int64_t kMostRestingBytes = 4 << 20;

bool overlap(const Life& a, const Life& b) {
  return a.device == b.device && a.first <= b.last && b.first <= a.last;
}

std::vector<Life> lives_of(Plan& plan) {
  const graph::Graph& graph = plan.graph;
  const int end = static_cast<int>(graph.nodes.size());
  std::vector<Life> lives(graph.values.size());
  for (size_t i = 0; i < lives.size(); ++i) {
    const graph::Value& value = graph.values[i];
    lives[i] = {value.device, value.is_input() ? -1 : end, -1, nullptr};
    if (!value.is_input() && !value.is_result()) continue;
    plan.slots[i] = {-1, kernels::device_bytes(value, plan.most)};
    lives[i].slot = &plan.slots[i];
  }
  for (int n = 0; n < end; ++n) {
    const graph::Node& node = graph.nodes[static_cast<size_t>(n)];
    for (graph::ValueId id : node.outputs) {
      lives[static_cast<size_t>(id)].first = std::min(lives[static_cast<size_t>(id)].first, n);
      lives[static_cast<size_t>(id)].last = std::max(lives[static_cast<size_t>(id)].last, n);
    }
    for (graph::ValueId id : node.inputs) lives[static_cast<size_t>(id)].last = n;
  }
  for (graph::ValueId id : graph.outputs) lives[static_cast<size_t>(id)].last = end;
  std::erase_if(lives, [](const Life& life) { return life.slot == nullptr; });
  for (int n = 0; n < end; ++n) {
    Step& step = plan.steps[static_cast<size_t>(n)];
    step.scratch = {-1, step.prepared.scratch_bytes};
    if (step.scratch.bytes > 0)
      lives.push_back({graph.nodes[static_cast<size_t>(n)].device, n, n, &step.scratch});
  }
  return lives;
}

/// Bytes that lives take in turn.
struct Place {
  int device = 0;
  Slot slot;
  std::vector<const Life*> lives;
};

/// The smallest of those big enough that is free throughout `life`, or nullptr.
Place* free_place(const Life& life, std::vector<Place>& places) {
  Place* best = nullptr;
  for (Place& place : places) {
    if (place.device != life.device || place.slot.bytes < life.slot->bytes) continue;
    if (best != nullptr && place.slot.bytes >= best->slot.bytes) continue;
    if (std::ranges::none_of(place.lives, [&](const Life* other) { return overlap(life, *other); }))
      best = &place;
  }
  return best;
}

}  // namespace

void lay_out_arenas(Plan& plan, const std::vector<graph::DeviceInfo>& devices) {
  plan.slots.assign(plan.graph.values.size(), Slot{});
  plan.arena_bytes.assign(devices.size(), 0);
  std::vector<Life> lives = lives_of(plan);
  // Large values first, so that places are there for smaller ones; ties keep program order, so plans are
  // reproducible.
  std::stable_sort(lives.begin(), lives.end(),
                   [](const Life& a, const Life& b) { return a.slot->bytes > b.slot->bytes; });
  for (Life& life : lives) life.last += life.slot->bytes <= kMostRestingBytes ? kRestSteps : 0;
  std::vector<Place> places;
  for (const Life& life : lives) {
    Place* place = free_place(life, places);
    if (place == nullptr) {
      const auto device = static_cast<size_t>(life.device);
      const int64_t align = std::max<int64_t>(devices[device].base_align_bytes, 64);
      int64_t& end = plan.arena_bytes[device];
      const int64_t offset = (end + align - 1) / align * align;
      end = offset + life.slot->bytes;
      place = &places.emplace_back(Place{life.device, {offset, life.slot->bytes}, {}});
    }
    place->lives.push_back(&life);
    *life.slot = place->slot;
  }
}

}  // namespace clinfer::plan

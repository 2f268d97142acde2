#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/device_info.h"
#include "graph/graph.h"
#include "host/kernels/variant.h"

namespace clinfer::plan {

/// A place in a device's arena, the one buffer that holds all values that live within a call.
struct Slot {
  int64_t offset = -1;  ///< -1: the value lies elsewhere (weight, constant, cache)
  int64_t bytes = 0;    ///< of the place, which may be more than the value's
};

/// A variant that was not taken, and why.
struct Refusal {
  std::string variant;
  std::string reason;
};

/// One node of the graph with the kernel that computes it. A Copy has no variant: the executor moves the
/// bytes.
struct Step {
  int node = 0;
  const kernels::Variant* variant = nullptr;
  std::vector<Refusal> refused;
  kernels::Prepared prepared;
  Slot scratch;
};

/// A graph lowered for one phase: kernels chosen, memory planned. Printable; runs on an Executor.
struct Plan {
  std::string phase;                 ///< "prefill" or "decode"
  graph::Graph graph;                ///< expanded, placed, formats chosen
  graph::Sizes most;                 ///< largest sizes of a call
  std::vector<Step> steps;           ///< one for each node, in order
  std::vector<Slot> slots;           ///< one for each value
  std::vector<int64_t> arena_bytes;  ///< one for each device
};

struct LowerOptions {
  std::string phase;
  graph::Sizes most;
  std::map<std::string, std::string, std::less<>> force_variant;  ///< op name -> variant name
};

/// Chooses the first supporting variant of every node and lays out the arenas. Throws Error(Fault::device)
/// when no variant of a node fits its device (the message lists the reasons), Error(Fault::usage) for an
/// unknown forced name.
Plan lower(graph::Graph graph, const std::vector<graph::DeviceInfo>& devices, const LowerOptions& options);

/// Takes the next supporting variant for a step whose chosen one failed to build or to pass its trial; false
/// when there is none. The arena may grow.
bool take_next_variant(Plan& plan, size_t step, const std::vector<graph::DeviceInfo>& devices,
                       const std::string& reason);

/// Bytes that weights, caches (for max_context rows) and arenas take on each device.
struct DeviceBytes {
  int64_t weights = 0;
  int64_t caches = 0;
  int64_t arena = 0;
};
std::vector<DeviceBytes> device_bytes(const Plan& plan, size_t devices);

}  // namespace clinfer::plan

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/device_info.h"
#include "host/cl/context.h"
#include "host/cl/disk_cache.h"

namespace clinfer::cl {

struct ProbeResult {
  bool passed = false;
  std::string reason;  ///< why not; empty when passed
};

/// One question to a device: cl_kernels/probe/<name>.cl, whose answer is checked.
struct Probe {
  const char* name;
  bool graph::Probes::*flag;
};

/// THE list of probes; the first is `base`, without which a device is not usable.
std::span<const Probe> probe_list();

/// Builds and runs every probe that makes sense on the device, or takes the answer of an earlier process from
/// the cache, and returns which passed. `base_reason` receives why the base probe failed.
///
/// x86 assembly is tried on CPU devices when the processor has the instructions, PTX on GPUs whose vendor
/// speaks it (a name decides what is worth asking, the answer decides). Before a probe that could kill the
/// process, a note is left in the cache: after two processes that died in it the probe counts as failed.
graph::Probes run_probes(const Device& device, DiskCache& cache, std::string& base_reason);

/// Clears the flags named in `disabled`, a comma list such as "fp16,vnni" (the value of CLINFER_DISABLE). A
/// short name masks every probe that contains it as a word between underscores: "vnni" masks x86_vnni_asm,
/// "amx" both x86_amx probes. Returns the names that match no probe.
std::vector<std::string> mask_probes(std::string_view disabled, graph::Probes& probes);

}  // namespace clinfer::cl

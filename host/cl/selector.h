#pragma once

#include <span>
#include <string>
#include <string_view>

#include "graph/device_info.h"

namespace clinfer::cl {

/// The device a selector chose. `warning` is one line for the user when the choice may surprise, else empty.
struct Choice {
  graph::DeviceInfo device;
  std::string warning;
};

/// Chooses one usable device. The rule, whole:
///
///   selector := "" | "auto" | item { "," item }      items in order of preference
///   item     := [ "!" ] test { "&" test }            "!" takes matching devices out, wherever it stands
///   test     := "any" | "cpu" | "gpu" | "type=cpu" | "type=gpu"
///             | "cpu0", "gpu1"...                    an id
///             | "0:1"                                platform:device
///             | "name~TEXT" | "vendor=TEXT"          TEXT occurs in it, case ignored
///             | "mem>=8GiB"                          device memory; B, KiB, MiB, GiB, TiB, KB, MB, GB
///
/// Rank: discrete GPUs, GPUs that share memory with the host, CPUs, others; equals in enumeration order.
/// An item with name~ or vendor= must match one usable device only: several are Error(Fault::usage) that
/// lists them. Any other item takes the best of its matches by rank. An item without a usable match is passed
/// over for the next one. "", "auto" and a selector of exclusions only mean "any". The CPU is chosen with a
/// warning where "any" or an earlier item would have had something else.
///
/// Errors: Fault::usage for a selector that does not parse; Fault::device, with every reason, if nothing
/// usable matches. `advice` is added to the latter when no device at all is usable (see install_advice()).
Choice select_device(std::string_view selector, std::span<const graph::DeviceInfo> devices,
                     const std::string& advice = {});

}  // namespace clinfer::cl

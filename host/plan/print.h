#pragma once

#include <string>
#include <vector>

#include "host/plan/plan.h"

namespace clinfer::plan {

/// One line a step: number, device, variant, node, result type, bytes and FLOP at the plan's largest sizes;
/// with `reasons` also the variants that were refused.
std::string to_text(const Plan& plan, const std::vector<graph::DeviceInfo>& devices, bool reasons);

/// {"phase", "most", "devices": [...], "steps": [...]}; everything to_text shows.
std::string to_json(const Plan& plan, const std::vector<graph::DeviceInfo>& devices);

/// "12.3 MiB"
std::string readable_bytes(double bytes);

}  // namespace clinfer::plan

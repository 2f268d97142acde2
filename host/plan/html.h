#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/plan/plan.h"

namespace clinfer::plan {

/// One self-contained page (no script, no link) about a model's plans: memory of each device, which device
/// every stage runs on, where a call's bytes go, and every step with its variant and the reasons against the
/// others.
std::string to_html(const std::string& title, const std::vector<std::shared_ptr<Plan>>& plans,
                    const std::vector<graph::DeviceInfo>& devices);

}  // namespace clinfer::plan

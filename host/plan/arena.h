#pragma once

#include <vector>

#include "host/plan/plan.h"

namespace clinfer::plan {

/// Gives every result, input and scratch of the plan a place in its device's arena. Two places are the same
/// or share no byte, since a launch that writes a sub-buffer which others overlap in part costs NVIDIA's
/// driver 20 to 50 us; that takes 3 to 9 % more memory in large models than to fill each gap. Values whose
/// lives overlap have different places. Inputs live from the start, outputs to the end; offsets honour the
/// device's base alignment.
void lay_out_arenas(Plan& plan, const std::vector<graph::DeviceInfo>& devices);

}  // namespace clinfer::plan

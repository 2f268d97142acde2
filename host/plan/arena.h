#pragma once

#include <vector>

#include "host/plan/plan.h"

namespace clinfer::plan {

/// Gives every result, input and scratch of the plan a place in its device's arena: values whose lives
/// overlap never share bytes. Inputs live from the start, outputs to the end; offsets honour the device's
/// base alignment.
void lay_out_arenas(Plan& plan, const std::vector<graph::DeviceInfo>& devices);

}  // namespace clinfer::plan

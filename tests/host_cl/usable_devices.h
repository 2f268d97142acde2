#pragma once

#include <vector>

#include "host/cl/platforms.h"

namespace clinfer::cl {

/// What this machine has, listed once for all tests without a disk cache.
const Inventory& test_inventory();

/// Its usable devices: every test of a device runs on each of them.
std::vector<graph::DeviceInfo> usable_devices();

}  // namespace clinfer::cl

#pragma once

#include <vector>

#include "host/cl/platforms.h"

namespace clinfer::cl {

/// What this machine has, listed once for all tests without a disk cache.
const Inventory& test_inventory();

/// Its usable devices: every test of a device runs on each of them. With CLINFER_TEST_DEVICE (a selector as
/// in host/cl/selector.h: "gpu0", "name~H200") the one that it selects; throws Error as select_device does.
std::vector<graph::DeviceInfo> usable_devices();

}  // namespace clinfer::cl

#include "tests/host_cl/usable_devices.h"

#include <cstdlib>

#include "host/cl/selector.h"

namespace clinfer::cl {

const Inventory& test_inventory() {
  static const Inventory inventory = list_devices({.probe = true, .cache_folder = {}});
  return inventory;
}

std::vector<graph::DeviceInfo> usable_devices() {
  if (const char* selector = std::getenv("CLINFER_TEST_DEVICE"))
    return {select_device(selector, test_inventory().devices).device};
  std::vector<graph::DeviceInfo> usable;
  for (const graph::DeviceInfo& info : test_inventory().devices) {
    if (info.usable) usable.push_back(info);
  }
  return usable;
}

}  // namespace clinfer::cl

#include <fmt/format.h>

#include "host/cl/describe.h"
#include "host/cli/arguments.h"
#include "quant/error.h"

namespace clinfer::cli {

int devices(const Arguments& arguments) {
  const cl::Inventory inventory = cl::list_devices();
  fmt::print("{}\n", arguments.json ? cl::describe_json(inventory) : cl::describe_text(inventory));
  for (const graph::DeviceInfo& device : inventory.devices) {
    if (device.usable) return 0;
  }
  throw Error(Fault::device, "no usable OpenCL device: " + cl::install_advice(inventory));
}

}  // namespace clinfer::cli

#include "host/cl/describe.h"
#include "host/cli/arguments.h"
#include "host/cli/output.h"
#include "quant/error.h"

namespace clinfer::cli {

int devices(const Arguments& arguments) {
  const cl::Inventory inventory = cl::list_devices();
  print_out("{}\n", arguments.json ? cl::describe_json(inventory) : cl::describe_text(inventory));
  flush_out();
  for (const graph::DeviceInfo& device : inventory.devices) {
    if (device.usable) return 0;
  }
  throw Error(Fault::device, "no usable OpenCL device: " + cl::install_advice(inventory));
}

}  // namespace clinfer::cli

#include "host/cl/describe.h"
#include "host/cli/arguments.h"
#include "host/cli/output.h"
#include "host/tune/tuning.h"
#include "quant/error.h"

namespace clinfer::cli {

int devices(const Arguments& arguments) {
  constexpr const char* kTuning = "auto";
  cl::Inventory inventory = cl::list_devices();
  tune::apply(inventory.devices, kTuning);
  const auto source = [](const graph::DeviceInfo& device) { return tune::tuning_of(device, kTuning).source; };
  print_out("{}\n",
            arguments.json ? cl::describe_json(inventory, source) : cl::describe_text(inventory, source));
  flush_out();
  for (const graph::DeviceInfo& device : inventory.devices) {
    if (device.usable) return 0;
  }
  throw Error(Fault::device, "no usable OpenCL device: " + cl::install_advice(inventory));
}

}  // namespace clinfer::cli

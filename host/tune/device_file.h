#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "graph/device_info.h"

namespace clinfer::tune {

/// Constants measured on a device, as configs/device/*.yaml hold them.
struct DeviceFile {
  std::string device;                        ///< the device's name; * stands for any characters
  std::string platform;                      ///< how the name of its platform begins
  std::string driver;                        ///< that it was measured with; others may use it too
  std::map<std::string, int64_t> constants;  ///< kernels::TunedConstant; what is not here is as usual

  bool operator==(const DeviceFile&) const = default;
};

/// Reads one, called `name` in errors. Throws Error(Fault::usage) with the place for what is no YAML, unknown
/// or missing keys, constants that there are none of, and values that are no candidates on any device.
DeviceFile parse_device_file(const std::string& text, const std::string& name);

/// What parse_device_file() reads back.
std::string to_yaml(const DeviceFile& file);

/// Whether it is about this device.
bool speaks_of(const DeviceFile& file, const graph::DeviceInfo& device);

/// One that is about this device, without constants.
DeviceFile file_for(const graph::DeviceInfo& device);

}  // namespace clinfer::tune

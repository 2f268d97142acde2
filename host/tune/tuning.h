#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "graph/device_info.h"
#include "host/tune/device_file.h"

namespace clinfer::tune {

/// Where a device's constants come from.
struct Tuning {
  std::string source = "none";  ///< "none", "shipped", "user" or the file that was asked for
  DeviceFile file;
};

/// What `wanted`, the value of runtime.tuning, gives the device: "none"; "auto": the user's file, else one
/// that was shipped, else nothing; or a file. A user's file that is faulty or of another device is passed
/// over with a warning. Throws Error(Fault::usage) for a file that was asked for and cannot be read.
Tuning tuning_of(const graph::DeviceInfo& device, const std::string& wanted);

/// Gives the devices their constants. Throws Error(Fault::usage) as tuning_of(), and when a file was asked
/// for that speaks of none of them or holds what is no candidate on one it speaks of.
void apply(std::vector<graph::DeviceInfo>& devices, const std::string& wanted);

/// The user's file of a device: $XDG_CONFIG_HOME/clinfer/device/NAME.yaml or that of ~/.config; empty when
/// there is no such folder to be named.
std::filesystem::path user_file(const graph::DeviceInfo& device);

}  // namespace clinfer::tune

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "graph/device_info.h"
#include "host/cl/disk_cache.h"

namespace clinfer::cl {

struct PlatformInfo {
  int index = 0;
  std::string name;
  std::string vendor;
  std::string version;
  std::string fault;  ///< why its devices could not be listed; empty when all is well
};

/// Everything the OpenCL loader shows, usable or not.
struct Inventory {
  std::vector<PlatformInfo> platforms;
  std::vector<graph::DeviceInfo> devices;  ///< over all platforms, in enumeration order
  std::vector<std::string> icd_files;      ///< vendor files of the loader
  std::vector<std::string> warnings;
  std::string fault;  ///< why there is no platform at all; empty when there is one
};

struct ListOptions {
  bool probe = true;  ///< false: no kernel is built, and no device is `usable`
  std::filesystem::path cache_folder = DiskCache::folder_from_environment();  ///< for the answers of probes
};

/// Never throws for a broken platform or device: it is listed with its reason and hides nobody. A device is
/// usable when it is available, has a compiler, speaks OpenCL 1.2 and answered the base probe.
/// CLINFER_DISABLE masks probes.
Inventory list_devices(const ListOptions& options = {});

/// The .icd files the loader reads: $OCL_ICD_VENDORS (folder or file), else $OPENCL_VENDOR_PATH, else the
/// system's.
std::vector<std::string> icd_files();

/// One line: what was seen and what to install.
std::string install_advice(const Inventory& inventory);

}  // namespace clinfer::cl

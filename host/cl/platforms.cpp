#include "host/cl/platforms.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "host/cl/error.h"
#include "host/cl/probes.h"
#include "host/cl/query.h"

namespace clinfer::cl {

namespace {

// From cl_ext.h, spelt here because older headers lack them; a driver that does not know them answers with an
// error.
constexpr std::string_view kDotExtension = "cl_khr_integer_dot_product";
constexpr std::string_view kCommandBufferExtension = "cl_khr_command_buffer";

bool has_extension(std::string_view list, std::string_view name) {
  for (size_t at = list.find(name); at != std::string_view::npos; at = list.find(name, at + 1)) {
    const bool starts = at == 0 || list[at - 1] == ' ';
    const size_t end = at + name.size();
    if (starts && (end == list.size() || list[end] == ' ')) return true;
  }
  return false;
}

template <class T>
int64_t number(cl_device_id device, cl_device_info what) {
  const auto value = device_number<T>(device, what).value_or(T{});
  constexpr auto kMost = static_cast<unsigned long long>(std::numeric_limits<int64_t>::max());
  return static_cast<int64_t>(std::min(static_cast<unsigned long long>(value), kMost));
}

void read_limits(cl_device_id device, graph::DeviceInfo& info) {
  info.compute_units = number<cl_uint>(device, CL_DEVICE_MAX_COMPUTE_UNITS);
  info.global_bytes = number<cl_ulong>(device, CL_DEVICE_GLOBAL_MEM_SIZE);
  info.max_alloc_bytes = number<cl_ulong>(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
  info.local_bytes = number<cl_ulong>(device, CL_DEVICE_LOCAL_MEM_SIZE);
  info.max_work_group = number<size_t>(device, CL_DEVICE_MAX_WORK_GROUP_SIZE);
  info.base_align_bytes = std::max<int64_t>(1, number<cl_uint>(device, CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8);
  info.unified_memory = number<cl_bool>(device, CL_DEVICE_HOST_UNIFIED_MEMORY) != 0;
}

void read_device(cl_device_id device, graph::DeviceInfo& info) {
  const auto type = device_number<cl_device_type>(device, CL_DEVICE_TYPE).value_or(0);
  info.is_cpu = (type & CL_DEVICE_TYPE_CPU) != 0;
  info.is_gpu = (type & CL_DEVICE_TYPE_GPU) != 0;
  info.name = device_text(device, CL_DEVICE_NAME);
  info.vendor = device_text(device, CL_DEVICE_VENDOR);
  info.driver_version = device_text(device, CL_DRIVER_VERSION);
  info.opencl_c_version = device_text(device, CL_DEVICE_OPENCL_C_VERSION);
  read_limits(device, info);
  const std::string extensions = device_text(device, CL_DEVICE_EXTENSIONS);
  info.fp16_extension = has_extension(extensions, "cl_khr_fp16");
  // OpenCL 3.0 makes subgroups a core feature that is told by a number, 2.x by an extension.
  info.subgroups = has_extension(extensions, "cl_khr_subgroups") ||
                   has_extension(extensions, "cl_intel_subgroups") ||
                   number<cl_uint>(device, CL_DEVICE_MAX_NUM_SUB_GROUPS) > 0;
  info.integer_dot = has_extension(extensions, kDotExtension);
  info.command_buffer = has_extension(extensions, kCommandBufferExtension);
}

/// Whether a version text such as "OpenCL 3.0 ..." is at least 1.2.
bool speaks_1_2(std::string_view version) {
  constexpr std::string_view kPrefix = "OpenCL ";
  if (!version.starts_with(kPrefix)) return false;
  version.remove_prefix(kPrefix.size());
  int major = 0;
  int minor = 0;
  const char* end = version.data() + version.size();
  const auto dot = std::from_chars(version.data(), end, major);
  if (dot.ec != std::errc() || dot.ptr == end || *dot.ptr != '.') return false;
  std::from_chars(dot.ptr + 1, end, minor);
  return major > 1 || (major == 1 && minor >= 2);
}

/// Why the device cannot be used, before anything is built on it; empty when there is no such reason.
std::string obstacle(cl_device_id device) {
  if (number<cl_bool>(device, CL_DEVICE_AVAILABLE) == 0) return "the driver says it is not available";
  if (number<cl_bool>(device, CL_DEVICE_COMPILER_AVAILABLE) == 0) return "its driver has no compiler";
  const std::string version = device_text(device, CL_DEVICE_VERSION);
  if (!speaks_1_2(version)) return "it speaks '" + version + "', OpenCL 1.2 is needed";
  if (number<cl_bool>(device, CL_DEVICE_ENDIAN_LITTLE) == 0) return "it is big-endian";
  return {};
}

void probe_device(graph::DeviceInfo& info, DiskCache& cache, std::vector<std::string>& warnings) {
  const Device device(info);
  info.probes = run_probes(device, cache, info.unusable_reason);
  const char* disabled = std::getenv("CLINFER_DISABLE");
  if (disabled != nullptr) {
    for (const std::string& name : mask_probes(disabled, info.probes)) {
      const std::string warning = "CLINFER_DISABLE names '" + name + "', which is no probe";
      if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) warnings.push_back(warning);
    }
    if (!info.probes.base && info.unusable_reason.empty()) info.unusable_reason = "masked by CLINFER_DISABLE";
  }
  info.usable = info.probes.base;
}

struct Counters {
  int cpu = 0;
  int gpu = 0;
  int other = 0;

  std::string next(const graph::DeviceInfo& info) {
    if (info.is_gpu) return "gpu" + std::to_string(gpu++);
    if (info.is_cpu) return "cpu" + std::to_string(cpu++);
    return "acc" + std::to_string(other++);
  }
};

void list_platform(cl_platform_id platform, int index, const ListOptions& options, DiskCache& cache,
                   Counters& counters, Inventory& inventory) {
  PlatformInfo listed{.index = index,
                      .name = platform_text(platform, CL_PLATFORM_NAME),
                      .vendor = platform_text(platform, CL_PLATFORM_VENDOR),
                      .version = platform_text(platform, CL_PLATFORM_VERSION),
                      .fault = {}};
  cl_int code = CL_SUCCESS;
  const auto devices = device_ids(platform, code);
  if (code != CL_SUCCESS)
    listed.fault = "its devices cannot be listed: " + code_name(code);
  else if (devices.empty())
    listed.fault = "it has no device";
  for (size_t i = 0; i < devices.size(); ++i) {
    graph::DeviceInfo info;
    info.platform = listed.name + " " + listed.version;
    info.platform_index = index;
    info.device_index = static_cast<int>(i);
    try {
      read_device(devices[i], info);
      info.id = counters.next(info);
      info.unusable_reason = obstacle(devices[i]);
      if (info.unusable_reason.empty() && !options.probe) info.unusable_reason = "not probed";
      if (info.unusable_reason.empty()) probe_device(info, cache, inventory.warnings);
    } catch (const std::exception& error) {
      info.unusable_reason = error.what();
    }
    inventory.devices.push_back(info);
  }
  inventory.platforms.push_back(std::move(listed));
}

const char* variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

}  // namespace

Inventory list_devices(const ListOptions& options) {
  Inventory inventory;
  inventory.icd_files = icd_files();
  DiskCache cache(options.cache_folder);
  cl_int code = CL_SUCCESS;
  const auto platforms = platform_ids(code);
  if (platforms.empty()) {
    inventory.fault = code == CL_SUCCESS ? "the OpenCL loader found no platform" : code_name(code);
  }
  Counters counters;
  for (size_t i = 0; i < platforms.size(); ++i) {
    list_platform(platforms[i], static_cast<int>(i), options, cache, counters, inventory);
  }
  if (const std::string warning = cache.warning(); !warning.empty()) inventory.warnings.push_back(warning);
  return inventory;
}

std::vector<std::string> icd_files() {
  const char* chosen = variable("OCL_ICD_VENDORS");
  if (chosen == nullptr) chosen = variable("OPENCL_VENDOR_PATH");
  const std::filesystem::path folder = chosen != nullptr ? chosen : "/etc/OpenCL/vendors";
  std::error_code failed;
  if (std::filesystem::is_regular_file(folder, failed)) return {folder.string()};
  std::vector<std::string> files;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end;
       at.increment(failed)) {
    if (at->path().extension() == ".icd") files.push_back(at->path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string install_advice(const Inventory& inventory) {
  std::string text = "OpenCL vendor files seen: ";
  for (const std::string& file : inventory.icd_files) text += file + " ";
  if (inventory.icd_files.empty()) text += "none ";
  if (!inventory.fault.empty()) text += "(" + inventory.fault + ")";
  while (text.back() == ' ') text.pop_back();
  return text +
         "; install pocl-opencl-icd for the CPU, or the GPU vendor's OpenCL driver (nvidia-opencl-icd, "
         "intel-opencl-icd, mesa-opencl-icd)";
}

}  // namespace clinfer::cl

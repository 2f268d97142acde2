#include "host/tune/tuning.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include <spdlog/spdlog.h>

#include "host/config/text_file.h"
#include "host/kernels/tuning.h"
#include "host/tune/shipped.h"
#include "quant/error.h"

namespace clinfer::tune {
namespace {

std::filesystem::path user_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  std::filesystem::path base = variable("XDG_CONFIG_HOME");
  if (!base.is_absolute() && !variable("HOME").empty()) base = variable("HOME") / ".config";
  return base.empty() ? base : base / "clinfer" / "device";
}

/// Lower-case letters, digits and single underscores.
std::string file_name(const std::string& text) {
  std::string name;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool kept = byte < 0x80 && std::isalnum(byte) != 0;
    if (kept) {
      name += static_cast<char>(std::tolower(byte));
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  return name.substr(0, 100);
}

DeviceFile read(const std::string& path) {
  return parse_device_file(config::read_text_file(path), path);
}

/// Whether the user has a good file for the device.
bool read_users(const graph::DeviceInfo& device, DeviceFile& file) {
  const std::filesystem::path path = user_file(device);
  std::error_code failed;
  if (path.empty() || !std::filesystem::exists(path, failed)) return false;
  try {
    file = read(path.string());
  } catch (const Error& error) {
    spdlog::warn("constants of {} are not taken: {}", device.id, error.what());
    return false;
  }
  if (speaks_of(file, device)) return true;
  spdlog::warn("constants of {} are not taken: {} speaks of {}", device.id, path.string(), file.device);
  return false;
}

/// Those that variants on the device use. Throws where one is no candidate there.
std::map<std::string, int64_t> usable(const Tuning& tuning, const graph::DeviceInfo& device) {
  std::map<std::string, int64_t> constants;
  for (const auto& [name, value] : tuning.file.constants) {
    const auto candidates = kernels::find_tuned_constant(name)->choices(device).candidates;
    if (candidates.empty()) continue;
    if (std::ranges::find(candidates, value) == candidates.end()) {
      throw Error(Fault::usage, tuning.source + ": constant " + name + " cannot be " + std::to_string(value) +
                                    " on " + device.id + ", " + device.name);
    }
    constants[name] = value;
  }
  return constants;
}

}  // namespace

std::filesystem::path user_file(const graph::DeviceInfo& device) {
  const std::filesystem::path folder = user_folder();
  if (folder.empty()) return folder;
  const DeviceFile file = file_for(device);
  return folder / (file_name(file.platform + " " + file.device) + ".yaml");
}

Tuning tuning_of(const graph::DeviceInfo& device, const std::string& wanted) {
  if (wanted == "none") return {};
  if (wanted != "auto") {
    DeviceFile file = read(wanted);
    if (!speaks_of(file, device)) return {};
    return {wanted, std::move(file)};
  }
  Tuning users{"user", {}};
  if (read_users(device, users.file)) return users;
  for (const ShippedFile& shipped : shipped_files()) {
    DeviceFile file = parse_device_file(std::string(shipped.text), std::string(shipped.name));
    if (speaks_of(file, device)) return {"shipped", std::move(file)};
  }
  return {};
}

void apply(std::vector<graph::DeviceInfo>& devices, const std::string& wanted) {
  bool any = devices.empty() || wanted == "none" || wanted == "auto";
  for (graph::DeviceInfo& device : devices) {
    const Tuning tuning = tuning_of(device, wanted);
    if (tuning.source == "none") continue;
    any = true;
    device.tuning = usable(tuning, device);
    if (tuning.file.driver != device.driver_version)
      spdlog::debug("{}: {} constants were measured with driver {}, this is {}", device.id, tuning.source,
                    tuning.file.driver, device.driver_version);
  }
  if (any) return;
  throw Error(Fault::usage, "runtime.tuning: " + wanted + " speaks of " + read(wanted).device +
                                ", the run is on " + devices.front().name);
}

}  // namespace clinfer::tune

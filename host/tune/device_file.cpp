#include "host/tune/device_file.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "host/config/json.h"
#include "host/config/nearest.h"
#include "host/config/parse.h"
#include "host/kernels/tuning.h"
#include "quant/error.h"

namespace clinfer::tune {
namespace {

using config::Value;

[[noreturn]] void fail(const config::Place& place, const std::string& what) {
  throw Error(Fault::usage, place.with_column() + ": " + what);
}

std::string text_of(const Value& value, const std::string& key) {
  if (!value.is_scalar() || value.text.empty())
    fail(value.place, "key " + key + ": expected text, got " + config::shown(value));
  return value.text;
}

bool has(const kernels::Choices& choices, int64_t value) {
  return std::ranges::find(choices.candidates, value) != choices.candidates.end();
}

std::string candidates_of(const kernels::TunedConstant& constant) {
  std::vector<int64_t> all(constant.on_cpus.candidates.begin(), constant.on_cpus.candidates.end());
  all.insert(all.end(), constant.on_others.candidates.begin(), constant.on_others.candidates.end());
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  std::string list;
  for (const int64_t value : all) list += (list.empty() ? "" : ", ") + std::to_string(value);
  return list;
}

const kernels::TunedConstant& constant_of(const config::Entry& entry) {
  if (const kernels::TunedConstant* found = kernels::find_tuned_constant(entry.key)) return *found;
  std::vector<std::string> names;
  for (const kernels::TunedConstant* constant : kernels::tuned_constants())
    names.emplace_back(constant->name);
  fail(entry.place, "key constants: there is no constant " + config::shown(entry.key) +
                        config::did_you_mean(entry.key, names));
}

std::map<std::string, int64_t> constants_of(const Value& map) {
  if (map.kind != Value::Kind::map)
    fail(map.place, "key constants: expected a map from names to numbers, got " + config::shown(map));
  std::map<std::string, int64_t> constants;
  for (const config::Entry& entry : map.entries) {
    const kernels::TunedConstant& constant = constant_of(entry);
    const std::string& text = entry.value.text;
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool number = entry.value.is_scalar() && error == std::errc() && end == text.data() + text.size();
    if (!number || !(has(constant.on_cpus, value) || has(constant.on_others, value))) {
      fail(entry.value.place, "key constants." + entry.key + ": expected one of " + candidates_of(constant) +
                                  ", got " + config::shown(entry.value));
    }
    constants[entry.key] = value;
  }
  return constants;
}

/// Whether `text` is `pattern`, whose * stand for any characters.
bool fits(std::string_view pattern, std::string_view text) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  for (size_t skip = star; skip <= text.size(); ++skip) {
    if (fits(pattern.substr(star + 1), text.substr(skip))) return true;
  }
  return false;
}

/// The name that DeviceInfo::platform begins with.
std::string platform_name(const graph::DeviceInfo& device) {
  return device.platform.substr(0, device.platform.find(" OpenCL "));
}

}  // namespace

DeviceFile parse_device_file(const std::string& text, const std::string& name) {
  const Value document = config::parse(text, name);
  if (document.kind != Value::Kind::map)
    throw Error(Fault::usage, name + ": expected a map with device, platform, driver and constants");
  DeviceFile file;
  for (const config::Entry& entry : document.entries) {
    if (entry.key == "device") {
      file.device = text_of(entry.value, entry.key);
    } else if (entry.key == "platform") {
      file.platform = text_of(entry.value, entry.key);
    } else if (entry.key == "driver") {
      file.driver = text_of(entry.value, entry.key);
    } else if (entry.key == "constants") {
      file.constants = constants_of(entry.value);
    } else {
      fail(entry.place,
           "unknown key " + config::shown(entry.key) + "; known: device, platform, driver, constants");
    }
  }
  for (const char* key : {"device", "platform", "driver", "constants"}) {
    if (document.find(key) == nullptr) throw Error(Fault::usage, name + ": lacks the key " + key);
  }
  return file;
}

std::string to_yaml(const DeviceFile& file) {
  std::string text = "# Constants of kernels as `clinfer tune` measured them; the others are as usual.\n";
  text += "device: " + config::json_string(file.device) + "\n";
  text += "platform: " + config::json_string(file.platform) + "\n";
  text += "driver: " + config::json_string(file.driver) + "\n";
  if (file.constants.empty()) return text + "constants: {}\n";
  text += "constants:\n";
  for (const auto& [name, value] : file.constants) text += "  " + name + ": " + std::to_string(value) + "\n";
  return text;
}

bool speaks_of(const DeviceFile& file, const graph::DeviceInfo& device) {
  return device.platform.starts_with(file.platform) && fits(file.device, device.name);
}

DeviceFile file_for(const graph::DeviceInfo& device) {
  return {device.name, platform_name(device), device.driver_version, {}};
}

}  // namespace clinfer::tune

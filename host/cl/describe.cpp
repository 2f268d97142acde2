#include "host/cl/describe.h"

#include <array>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

#include "host/cl/json_text.h"
#include "host/cl/probes.h"

namespace clinfer::cl {

namespace {

using graph::DeviceInfo;

std::string size_text(int64_t bytes) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text;
}

using Marks = std::vector<std::pair<std::string_view, bool>>;

Marks marks_of(const DeviceInfo& info) {
  return {{"fp16_extension", info.fp16_extension},
          {"subgroups", info.subgroups},
          {"integer_dot", info.integer_dot},
          {"command_buffer", info.command_buffer},
          {"unified_memory", info.unified_memory}};
}

Marks probes_of(const DeviceInfo& info) {
  Marks marks;
  for (const Probe& probe : probe_list()) marks.emplace_back(probe.name, info.probes.*probe.flag);
  return marks;
}

std::string words_of(const Marks& marks) {
  std::string text;
  for (const auto& [name, set] : marks) {
    if (set) text.append(" ").append(name);
  }
  return text.empty() ? " none" : text;
}

/// "shipped: 2 constants"
std::string tuning_text(const DeviceInfo& info, const std::string& source) {
  const size_t count = info.tuning.size();
  return source + ": " + std::to_string(count) + (count == 1 ? " constant" : " constants");
}

std::string device_tree(const DeviceInfo& info, const TuningSource& source) {
  const std::string indent = "       ";
  const std::string of_tuning = source && info.usable ? source(info) : "";
  return " `-- " + info.id + " (" + std::to_string(info.platform_index) + ":" +
         std::to_string(info.device_index) + "): " + info.name + "\n" +                      //
         indent + "vendor   " + info.vendor + "\n" +                                         //
         indent + "driver   " + info.driver_version + ", " + info.opencl_c_version + "\n" +  //
         indent + "compute  " + std::to_string(info.compute_units) + " units, groups of up to " +
         std::to_string(info.max_work_group) + ", " + size_text(info.local_bytes) + " local\n" +  //
         indent + "memory   " + size_text(info.global_bytes) + ", largest buffer " +
         size_text(info.max_alloc_bytes) + ", alignment " + size_text(info.base_align_bytes) + "\n" +  //
         indent + "marks   " + words_of(marks_of(info)) + "\n" +                                       //
         indent + "probes  " + words_of(probes_of(info)) + "\n" +                                      //
         (of_tuning.empty() ? "" : indent + "tuning   " + tuning_text(info, of_tuning) + "\n") +       //
         indent + "usable   " + (info.usable ? "yes" : "no: " + info.unusable_reason) + "\n";
}

/// `"name": value` pairs of one JSON object.
class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value) { return raw(name, json_text(value)); }
  JsonObject& number(std::string_view name, int64_t value) { return raw(name, std::to_string(value)); }
  JsonObject& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  JsonObject& raw(std::string_view name, const std::string& value) {
    if (!body_.empty()) body_ += ", ";
    body_.append(json_text(name)).append(": ").append(value);
    return *this;
  }
  std::string str() const { return "{" + body_ + "}"; }

 private:
  std::string body_;
};

template <class List, class Render>
std::string json_list(const List& list, Render render) {
  std::string body;
  for (const auto& item : list) {
    if (!body.empty()) body += ", ";
    body += render(item);
  }
  return "[" + body + "]";
}

std::string json_marks(const Marks& marks) {
  JsonObject object;
  for (const auto& [name, set] : marks) object.flag(name, set);
  return object.str();
}

std::string json_tuning(const DeviceInfo& info, const TuningSource& source) {
  JsonObject constants;
  for (const auto& [name, value] : info.tuning) constants.number(name, value);
  return JsonObject().text("source", source ? source(info) : "").raw("constants", constants.str()).str();
}

std::string json_device(const DeviceInfo& info, const TuningSource& source) {
  return JsonObject()
      .text("id", info.id)
      .number("platform_index", info.platform_index)
      .number("device_index", info.device_index)
      .text("name", info.name)
      .text("vendor", info.vendor)
      .text("platform", info.platform)
      .text("driver_version", info.driver_version)
      .text("opencl_c_version", info.opencl_c_version)
      .flag("is_cpu", info.is_cpu)
      .flag("is_gpu", info.is_gpu)
      .number("compute_units", info.compute_units)
      .number("global_bytes", info.global_bytes)
      .number("max_alloc_bytes", info.max_alloc_bytes)
      .number("local_bytes", info.local_bytes)
      .number("max_work_group", info.max_work_group)
      .number("base_align_bytes", info.base_align_bytes)
      .raw("marks", json_marks(marks_of(info)))
      .raw("probes", json_marks(probes_of(info)))
      .raw("tuning", json_tuning(info, source))
      .flag("usable", info.usable)
      .text("unusable_reason", info.unusable_reason)
      .str();
}

std::string json_platform(const PlatformInfo& platform) {
  return JsonObject()
      .number("index", platform.index)
      .text("name", platform.name)
      .text("vendor", platform.vendor)
      .text("version", platform.version)
      .text("fault", platform.fault)
      .str();
}

}  // namespace

std::string describe_text(const Inventory& inventory, const TuningSource& source) {
  std::string text;
  for (const PlatformInfo& platform : inventory.platforms) {
    text += "Platform #" + std::to_string(platform.index) + ": " + platform.name + " (" + platform.version +
            ")\n";
    if (!platform.fault.empty()) text += " `-- no devices: " + platform.fault + "\n";
    for (const DeviceInfo& info : inventory.devices) {
      if (info.platform_index == platform.index) text += device_tree(info, source);
    }
  }
  if (inventory.platforms.empty()) text += "no OpenCL platform: " + install_advice(inventory) + "\n";
  return text;
}

std::string describe_json(const Inventory& inventory, const TuningSource& source) {
  const auto device = [&](const DeviceInfo& info) { return json_device(info, source); };
  return JsonObject()
      .raw("platforms", json_list(inventory.platforms, json_platform))
      .raw("devices", json_list(inventory.devices, device))
      .raw("icd_files", json_list(inventory.icd_files, json_text))
      .raw("warnings", json_list(inventory.warnings, json_text))
      .text("fault", inventory.fault)
      .str();
}

}  // namespace clinfer::cl

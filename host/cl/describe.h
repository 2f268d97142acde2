#pragma once

#include <functional>
#include <string>

#include "host/cl/platforms.h"

namespace clinfer::cl {

/// Where a device's constants (DeviceInfo::tuning) come from, in a word; empty: not to be told.
using TuningSource = std::function<std::string(const graph::DeviceInfo&)>;

/// A tree like that of `clinfo -l`: platforms, their devices, memory, marks, probes, tuning, usable or
/// why not.
std::string describe_text(const Inventory& inventory, const TuningSource& source = {});

/// One JSON object: {"platforms": [...], "devices": [...], "icd_files": [...], "warnings": [...]}. Texts of
/// drivers are escaped, bytes that are not UTF-8 become U+FFFD.
std::string describe_json(const Inventory& inventory, const TuningSource& source = {});

}  // namespace clinfer::cl

#pragma once

#include <string>

#include "host/cl/platforms.h"

namespace clinfer::cl {

/// A tree like that of `clinfo -l`: platforms, their devices, memory, marks, probes, usable or why not.
std::string describe_text(const Inventory& inventory);

/// One JSON object: {"platforms": [...], "devices": [...], "icd_files": [...], "warnings": [...]}. Texts of
/// drivers are escaped, bytes that are not UTF-8 become U+FFFD.
std::string describe_json(const Inventory& inventory);

}  // namespace clinfer::cl

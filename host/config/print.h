#pragma once

#include <string>

#include "host/config/load.h"

namespace clinfer::config {

/// Every value with the place it comes from as a comment. The text is itself a file that loads to the same
/// configuration, from any folder (paths are absolute).
std::string print_config(const LoadedConfig& loaded);

/// {"config": {...}, "origins": {"generate.seed": "run.yaml:3", ...}}; config is such a file too.
std::string print_config_json(const LoadedConfig& loaded);

}  // namespace clinfer::config

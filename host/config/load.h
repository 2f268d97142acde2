#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/config/run_config.h"

namespace clinfer::config {

struct LoadedConfig {
  RunConfig config;

  /// Where each given value was written, by full key ("generate.seed"): "run.yaml:3" or "--set
  /// generate.seed=1". Keys that are not here have their defaults. Lists have one origin.
  std::map<std::string, std::string> origins;

  /// origins[key], or "default".
  std::string origin(const std::string& key) const;
};

/// Loads a run: defaults, then the file that `path` extends and so on, then `path`, then the overrides in
/// order; what comes later wins. Maps are laid on each other key by key, lists are replaced, null brings the
/// default back. Without a file ("") only the overrides count.
///
/// An override is "key.path=value", the value in YAML; one that does not begin with [ { " or ' is taken as it
/// is.
///
/// Throws Error(Fault::usage), "FILE:LINE:COL: key KEY: expected ..., got ...", for anything that is not
/// known, given twice, out of range, or contradicts something else.
LoadedConfig load(const std::string& path, const std::vector<std::string>& overrides = {});

/// The same for the text of a file called `name` (relative paths are taken from its folder).
LoadedConfig load_text(const std::string& text, const std::string& name,
                       const std::vector<std::string>& overrides = {});

}  // namespace clinfer::config

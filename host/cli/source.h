#pragma once

#include <string>
#include <vector>

#include "host/cli/arguments.h"

namespace clinfer::cli {

/// The run that the command line names: the YAML file, then --model and --device, then `extra` overrides,
/// then
/// --set. Also sets up the log. Throws Error(Fault::usage) as config::load does, and without file and model.
config::LoadedConfig load_source(const Arguments& arguments, const std::vector<std::string>& extra = {});

/// The same run again with `last` after all other overrides; the log stays as it is.
config::LoadedConfig load_variant(const Arguments& arguments, const std::vector<std::string>& extra,
                                  const std::vector<std::string>& last);

/// KEY=VALUE with a value that is taken as it stands, whatever characters it has.
std::string literal_override(const std::string& key, const std::string& value);

/// A text from a file or, for "-", standard input; at most 256 MiB. Throws Error(Fault::usage) naming it.
std::string read_text(const std::string& path);

}  // namespace clinfer::cli

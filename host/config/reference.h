#pragma once

#include <string>

namespace clinfer::config {

/// The table of all keys as Markdown: key, what it accepts, default, meaning. It stands in configs/README.md.
std::string key_reference();

/// The JSON schema (draft-07) of a run file; it stands in configs/run.schema.json.
std::string json_schema();

}  // namespace clinfer::config

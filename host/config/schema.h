#pragma once

#include "host/config/run_config.h"
#include "host/config/type.h"

namespace clinfer::config {

/// THE table of keys: name, member, type with range, and text for users of every field of RunConfig. Loading,
/// printing, help and the JSON schema walk it.
const Type<RunConfig>& run_schema();

}  // namespace clinfer::config

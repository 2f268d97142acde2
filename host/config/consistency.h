#pragma once

#include <string>

#include "host/config/load.h"
#include "host/config/value.h"

namespace clinfer::config {

/// What no single key can say: a model is named, and the prompt is given in one way only. Throws
/// Error(Fault::usage) with the place in `document` (the merged one) or, for what is missing, `name`.
void check_consistency(const LoadedConfig& loaded, const Value& document, const std::string& name);

}  // namespace clinfer::config

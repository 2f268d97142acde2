#pragma once

#include "host/config/type.h"

namespace clinfer::config {

/// Throws Error(Fault::usage) with line and column for the first key of `document` that `root` does not know,
/// naming the nearest one it does, or the section that has a key of this name.
void check_keys(const Value& document, const TypeInfo& root);

}  // namespace clinfer::config

#pragma once

#include "host/config/run_config.h"
#include "host/config/type.h"

namespace clinfer::config {

/// Layers of a placement rule: all, embedding, head, "4" or "0-3".
TypePtr<LayerSpan> layer_span();

}  // namespace clinfer::config

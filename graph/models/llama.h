#pragma once

#include "graph/models/model.h"

namespace clinfer::graph {

Model build_llama(const Meta& config, const BuildOptions& options);

}  // namespace clinfer::graph

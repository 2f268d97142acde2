#pragma once

#include "graph/models/model.h"

namespace clinfer::graph {

Model build_qwen3(const Meta& config, const BuildOptions& options);

}  // namespace clinfer::graph

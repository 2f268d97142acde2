#pragma once

#include <string>

#include "graph/graph.h"

namespace clinfer::graph {

/// The format that every cache is kept in, and to which what is appended is rounded. Throws
/// Error(Fault::usage) when it is none of quant::cache_formats(), or cannot hold the model's heads.
void set_cache_format(Graph& graph, const std::string& format);

}  // namespace clinfer::graph

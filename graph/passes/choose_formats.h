#pragma once

#include <functional>
#include <string>

#include "graph/graph.h"

namespace clinfer::graph {

/// The quant format that a checkpoint tensor is stored in; throws Error(Fault::model) when there is no such
/// tensor.
using StoredFormat = std::function<std::string(const std::string& tensor)>;

/// Gives every weight the format it is held in: `wanted`, or the stored one when wanted is "keep". Vectors
/// are f32; the embedding table, the router and other matrices that checkpoints leave unquantised keep their
/// stored format, and so does a matrix whose columns the wanted format's groups do not divide. Experts of one
/// weight must agree.
void choose_formats(Graph& graph, const std::string& wanted, const StoredFormat& stored);

/// The format that every cache is kept in: "f32" or "f16".
void set_cache_format(Graph& graph, const std::string& format);

}  // namespace clinfer::graph

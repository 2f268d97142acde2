#pragma once

#include <functional>

#include "graph/graph.h"

namespace clinfer::graph {

/// Whether the device of a weight has kernels that multiply groups of its rows with activations of this type.
using SuitsGroups = std::function<bool(const Value& weight, const Type& x)>;

/// Sets Weight::row_group to `rows` for the matrices that linear layers multiply, all of them with what
/// suits; embeddings may look up their rows too, no other op. To be run when formats, activations and devices
/// are chosen and latent attention is expanded. Returns how many values it set.
int64_t group_rows(Graph& graph, int64_t rows, const SuitsGroups& suits);

}  // namespace clinfer::graph

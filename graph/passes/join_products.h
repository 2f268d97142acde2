#pragma once

#include <functional>

#include "graph/graph.h"

namespace clinfer::graph {

/// Whether a step of several matrices may have this one, with an x of this type.
using SuitsProducts = std::function<bool(const Value& matrix, const Type& x)>;

/// Gives the first of several Linear without bias that read the same x, on one device in one stage, the
/// matrices and the results of the others, in their order, where each suits: what x needs to be multiplied is
/// then done once. Returns how many steps that saved. To be run after join_gates, before group_rows.
int64_t join_products(Graph& graph, const SuitsProducts& suits);

}  // namespace clinfer::graph

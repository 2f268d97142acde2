#pragma once

#include <functional>

#include "graph/graph.h"

namespace clinfer::graph {

/// Whether the device of two weights has a kernel for Glu of them and of an x of this type (glu_products.h).
using SuitsGates = std::function<bool(const Value& gate, const Value& up, const Type& x)>;

/// Gives a Glu that rounds its result, and alone reads what two Linear without bias make of the same x, their
/// operands, so that one step takes the place of three, where that suits. Returns how many it changed. To be
/// run when formats, activations and devices are chosen, before group_rows.
int64_t join_gates(Graph& graph, const SuitsGates& suits);

}  // namespace clinfer::graph
